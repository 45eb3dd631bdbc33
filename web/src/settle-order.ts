/**
 * The order to show: the wanted one, except while it is held (the pointer is over the list), when rows stay where
 * they are, those that are gone leave and new ones come last.
 */
export function settleOrder(
  shown: readonly string[],
  wanted: readonly string[],
  isHeld: boolean,
): readonly string[] {
  if (!isHeld || shown.length === 0) return wanted;
  const stay = shown.filter((name) => wanted.includes(name));
  return [...stay, ...wanted.filter((name) => !shown.includes(name))];
}
