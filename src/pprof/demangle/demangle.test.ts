// Expected names are those that `go tool pprof` prints.
import { expect, it } from 'vitest';
import { mutate } from '../../testing/mutate.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { Demangler } from './demangle.ts';

const DEFAULT = String.raw`
_ZN3foo3barEv
  foo::bar
_ZNSt6vectorIiSaIiEE9push_backERKi
  std::vector::push_back
_ZNSsC1Ev
  std::basic_string::basic_string
_ZNKSs4sizeEv
  std::string::size
_ZNSolsEi
  std::ostream::operator<<
_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_c
  std::operator<<
_ZN3fooltIiEEbv
  foo::operator<
_ZN3foonwEm
  foo::operator new
_ZN3foodaEPv
  foo::operator delete[]
_ZN3FoocvT_IiEEv
  Foo::operator int
_ZN1AcvRA10_KiEv
  A::operator int const (&) [10]
_ZN1AcvPFivEEv
  A::operator int (*)()
_ZNSt6vectorIiSaIiEED0Ev
  std::vector::~vector
_ZN12_GLOBAL__N_13fooEv
  (anonymous namespace)::foo
_ZN3fooB5cxx11IiEEv
  foo[abi:cxx11]
_ZN3foo3barEv.isra.0
  foo::bar
_ZN3foo3barEv.part.1.cold
  foo::bar
_ZZ3fooiE1x
  foo()::x
_ZZNK3foo3barEiENKUlvE_clEv
  foo::bar() const::{lambda()#1}::operator()
_ZZ4mainENUlT_E_clIiEEDaS_
  main::{lambda(auto:1)#1}::operator()
_ZZ4mainENUlTyT_E_clIiEEDaS_
  main::{lambda<typename $T>($T)#1}::operator()
_ZN3FooUlDpT_E_clEv
  Foo::{lambda((auto:1)...)#1}::operator()
_ZN3FooUlM1AKFvvEPFivERA2_A3_iE_clEv
  Foo::{lambda(void (A::*)() const, int (*)(), int (&) [2][3])#1}::operator()
_ZZN3fooC1EvEd_N3barE
  foo::foo()::{default arg#1}::bar
_ZZ3foovEs_0
  foo()::string literal
_ZN3fooUt0_3barEv
  foo::{unnamed type#2}::bar
_ZN3fooDC1a1bEE
  foo::[a, b]
_ZNDTcl3foofp_Li1EEE3barEv
  decltype (foo({parm#1}, 1))::bar
_ZThn16_NK3foo3barEi
  non-virtual thunk to foo::bar(int) const
_ZTv0_n24_N3foo3barEv
  virtual thunk to foo::bar()
_ZTCN3fooE0_3bar
  construction vtable for bar-in-foo
_ZTIPA3_A4_i
  typeinfo for int (*) [3][4]
_ZTVN3FooIiEE
  vtable for Foo
_ZGVZNK3foo3barEiE1x
  guard variable for foo::bar() const::x
_ZGRN3foo1xE_
  reference temporary for foo::x
_ZGTtNKSt11logic_error4whatEv
  transaction clone for std::logic_error::what() const
_ZNW3Foo3barEv
  bar@Foo
_ZN1xCI11yEi
  x::x
___Z3foov_block_invoke_2
  invocation function for block in foo
_GLOBAL__I__ZN3foo3barEv
  global constructors keyed to foo::bar()
_ZN1A1BB1xB1yC2B1zEv
  A::B[abi:x][abi:y]::B[abi:z]
_ZN4core3ptr13drop_in_place17h0123456789abcdefE
  core::ptr::drop_in_place
_ZN4test28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE.llvm.123
  test::{{closure}}
_RNvNtCs1234_7mycrate3foo3bar
  mycrate::foo::bar
_RINvNtC3std3mem8align_ofdE
  std::mem::align_of::<>
_RNCNvC1a1f0B3_
  a::f::{closure#0}
_RNvMC1aINtB2_1SlE1f
  <a::S<>>::f
_RNvXs1g_NtCsgEmfK2I1SDS_4core3fmtReNtB6_5Debug3fmtCsjxgNLT6K5IZ_10serde_json
  <&str as core::fmt::Debug>::fmt
_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y
  utf8_idents::საჭმელად_გემრიელი_სადილი
_ZN3fooD9Ev.x
  foo::~foo
_Z8größev
  größev
`;

const TEMPLATES_AND_FULL = String.raw`
_ZN3foo3barEv
  foo::bar
  foo::bar()
_ZNSt6vectorIiSaIiEE9push_backERKi
  std::vector<int, std::allocator<int> >::push_back
  std::vector<int, std::allocator<int> >::push_back(int const&)
_ZNSsC1Ev
  std::basic_string<char, std::char_traits<char>, std::allocator<char> >::basic_string
  std::basic_string<char, std::char_traits<char>, std::allocator<char> >::basic_string()
_ZNKSs4sizeEv
  std::string::size
  std::string::size() const
_ZNSolsEi
  std::ostream::operator<<
  std::ostream::operator<<(int)
_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_c
  std::operator<< <std::char_traits<char> >
  std::basic_ostream<char, std::char_traits<char> >& std::operator<< <std::char_traits<char> >(std::basic_ostream<char, std::char_traits<char> >&, char)
_ZN3fooltIiEEbv
  foo::operator< <int>
  bool foo::operator< <int>()
_ZN3foonwEm
  foo::operator new
  foo::operator new(unsigned long)
_ZN3foodaEPv
  foo::operator delete[]
  foo::operator delete[](void*)
_ZN3FoocvT_IiEEv
  Foo::operator int<int>
  Foo::operator int<int>()
_ZN1AcvRA10_KiEv
  A::operator int const (&) [10]
  A::operator int const (&) [10]()
_ZN1AcvPFivEEv
  A::operator int (*)()
  A::operator int (*)()()
_ZNSt6vectorIiSaIiEED0Ev
  std::vector<int, std::allocator<int> >::~vector
  std::vector<int, std::allocator<int> >::~vector()
_ZN12_GLOBAL__N_13fooEv
  (anonymous namespace)::foo
  (anonymous namespace)::foo()
`;

const LEFT = `
_ZN62_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..fmt..Debug$GT$3fmt17he714a2e23ed7db23E
_ZNT_3barEv
_ZN3foo
_Zfoo
_RNvC
_ZZZZZZ
main.main
__libc_start_main
_start
`;

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

it('names are shown without parameters and template arguments', () => {
  const lines = linesOf(DEFAULT);
  const demangler = new Demangler('default');
  const shown = lines.map((line, i) => (i % 2 === 1 ? demangler.demangle(lines[i - 1]) : line));
  expect(shown).toEqual(lines);
});

it('template arguments are shown when they are asked for, and parameters in full', () => {
  const lines = linesOf(TEMPLATES_AND_FULL);
  const templates = new Demangler('templates');
  const full = new Demangler('full');
  const shown = lines.map((line, i) => {
    if (i % 3 === 1) return templates.demangle(lines[i - 1]);
    return i % 3 === 2 ? full.demangle(lines[i - 2]) : line;
  });
  expect(shown).toEqual(lines);
});

it('what is no mangled name, or cut off, is left alone', () => {
  const demangler = new Demangler('default');
  expect(linesOf(LEFT).filter((name) => demangler.demangle(name) !== null)).toEqual([]);
});

it('damaged names never throw and never become longer than their bound', () => {
  const random = seededRandom(11);
  const names = linesOf(DEFAULT).filter((_, i) => i % 2 === 0);
  let read = 0;
  for (let round = 0; round < 6000; round++) {
    const bytes = mutate(new TextEncoder().encode(names[round % names.length]), random);
    const name = new TextDecoder().decode(bytes);
    for (const style of ['default', 'full'] as const) {
      const shown = new Demangler(style).demangle(name);
      if (shown !== null) read++;
      expect((shown ?? '').length).toBeLessThanOrEqual(1024 + 64 * name.length * 3);
    }
  }
  expect(read).toBeGreaterThan(500);
});

/** A function type of three parameters, each the one before: 3^60 types when they are written out. */
function bomb(): string {
  const types = Array.from({ length: 60 }, (_, i) => {
    const before = `S${i.toString(36).toUpperCase()}_`;
    return `PF${before}${before}${before}E`;
  });
  return `_Z1fPFiiE${types.join('')}`;
}

it.each([
  ['a bomb of substitutions', bomb()],
  ['pointers to pointers', `_Z1f${'P'.repeat(50_000)}i`],
  ['templates of templates', `_Z1f${'1AI'.repeat(30_000)}i${'E'.repeat(30_000)}`],
  ['functions in functions', `_Z${'Z'.repeat(50_000)}`],
  ['tuples of tuples', `_RMC1a${'T'.repeat(50_000)}`],
  ['a name of a megabyte', `_ZN1000000${'a'.repeat(1_000_000)}Ev`],
])('%s are left alone', (_, name) => {
  expect(new Demangler('full').demangle(name)).toBeNull();
});

it('all names together take no more than their bound: those behind it are left alone', () => {
  const demangler = new Demangler('default', 14);
  const names = ['_ZN3foo3barEv', '_ZN3foo3bazEv', '_ZN3foo3quxEv', '_ZN3foo3barEv'];
  expect(names.map((name) => demangler.demangle(name))).toEqual(['foo::bar', null, null, 'foo::bar']);
});
