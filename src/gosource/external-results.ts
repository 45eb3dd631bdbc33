// What functions of the standard library give, as far as leaks hang on it.
import { basic, named, type GoType } from './go-type.ts';

const t = (text: string): GoType => {
  const dot = text.lastIndexOf('.');
  return dot < 0 ? basic(text) : named(text.slice(0, dot), text.slice(dot + 1));
};
const CANCEL: GoType = { kind: 'func', results: [] };
const ERROR = basic('error');

/** `import path.Function` or `import path.Type.Method` -> results in order. */
const RESULTS: Readonly<Record<string, readonly GoType[]>> = {
  'container/list.New': [t('container/list.List')],
  'context.Background': [t('context.Context')],
  'context.TODO': [t('context.Context')],
  'context.WithCancel': [t('context.Context'), CANCEL],
  'context.WithCancelCause': [t('context.Context'), CANCEL],
  'context.WithTimeout': [t('context.Context'), CANCEL],
  'context.WithDeadline': [t('context.Context'), CANCEL],
  'context.WithValue': [t('context.Context')],
  'time.NewTicker': [t('time.Ticker')],
  'time.NewTimer': [t('time.Timer')],
  'time.AfterFunc': [t('time.Timer')],
  'time.Tick': [{ kind: 'chan', element: t('time.Time') }],
  'time.After': [{ kind: 'chan', element: t('time.Time') }],
  'context.Context.Done': [{ kind: 'chan', element: t('struct') }],
  'net/http.Request.Context': [t('context.Context')],
  'net/http.Get': [t('net/http.Response'), ERROR],
  'net/http.Head': [t('net/http.Response'), ERROR],
  'net/http.Post': [t('net/http.Response'), ERROR],
  'net/http.PostForm': [t('net/http.Response'), ERROR],
  'net/http.Client.Do': [t('net/http.Response'), ERROR],
  'net/http.Client.Get': [t('net/http.Response'), ERROR],
  'net/http.Client.Head': [t('net/http.Response'), ERROR],
  'net/http.Client.Post': [t('net/http.Response'), ERROR],
  'net/http.Client.PostForm': [t('net/http.Response'), ERROR],
  'net/http.RoundTripper.RoundTrip': [t('net/http.Response'), ERROR],
  'net/http.Transport.RoundTrip': [t('net/http.Response'), ERROR],
  'database/sql.Open': [t('database/sql.DB'), ERROR],
  'database/sql.DB.Query': [t('database/sql.Rows'), ERROR],
  'database/sql.DB.QueryContext': [t('database/sql.Rows'), ERROR],
  'database/sql.DB.Prepare': [t('database/sql.Stmt'), ERROR],
  'database/sql.DB.PrepareContext': [t('database/sql.Stmt'), ERROR],
  'database/sql.DB.Begin': [t('database/sql.Tx'), ERROR],
  'database/sql.DB.BeginTx': [t('database/sql.Tx'), ERROR],
  'database/sql.DB.Conn': [t('database/sql.Conn'), ERROR],
  'database/sql.Tx.Query': [t('database/sql.Rows'), ERROR],
  'database/sql.Tx.QueryContext': [t('database/sql.Rows'), ERROR],
  'database/sql.Tx.Prepare': [t('database/sql.Stmt'), ERROR],
  'database/sql.Tx.PrepareContext': [t('database/sql.Stmt'), ERROR],
  'database/sql.Conn.QueryContext': [t('database/sql.Rows'), ERROR],
  'database/sql.Conn.PrepareContext': [t('database/sql.Stmt'), ERROR],
  'database/sql.Stmt.Query': [t('database/sql.Rows'), ERROR],
  'database/sql.Stmt.QueryContext': [t('database/sql.Rows'), ERROR],
  'os.Open': [t('os.File'), ERROR],
  'os.Create': [t('os.File'), ERROR],
  'os.OpenFile': [t('os.File'), ERROR],
  'os.CreateTemp': [t('os.File'), ERROR],
  'os.Pipe': [t('os.File'), t('os.File'), ERROR],
  'net.Dial': [t('net.Conn'), ERROR],
  'net.DialTimeout': [t('net.Conn'), ERROR],
  'net.Listen': [t('net.Listener'), ERROR],
  'net.Listener.Accept': [t('net.Conn'), ERROR],
  'net.Dialer.Dial': [t('net.Conn'), ERROR],
  'net.Dialer.DialContext': [t('net.Conn'), ERROR],
  'crypto/tls.Dial': [t('crypto/tls.Conn'), ERROR],
  'compress/gzip.NewReader': [t('compress/gzip.Reader'), ERROR],
  'compress/gzip.NewWriter': [t('compress/gzip.Writer')],
  'compress/zlib.NewReader': [t('io.ReadCloser'), ERROR],
  'compress/flate.NewReader': [t('io.ReadCloser')],
  'os/exec.Command': [t('os/exec.Cmd')],
  'os/exec.CommandContext': [t('os/exec.Cmd')],
};

/** Fields of the standard library's structs that lead on. */
const FIELDS: Readonly<Record<string, GoType>> = {
  'time.Ticker.C': { kind: 'chan', element: t('time.Time') },
  'time.Timer.C': { kind: 'chan', element: t('time.Time') },
  'net/http.Response.Body': t('io.ReadCloser'),
  'net/http.Request.Body': t('io.ReadCloser'),
  'container/list.Element.Value': basic('any'),
  'net/http.DefaultClient': t('net/http.Client'),
  'net/http.DefaultTransport': t('net/http.RoundTripper'),
};

/** Results of a function or method outside of the sources; null when nothing is known of it. */
export function externalResults(key: string): readonly GoType[] | null {
  return Object.hasOwn(RESULTS, key) ? RESULTS[key] : null;
}

/** Type of a field or package variable outside of the sources. */
export function externalField(key: string): GoType | null {
  return Object.hasOwn(FIELDS, key) ? FIELDS[key] : null;
}
