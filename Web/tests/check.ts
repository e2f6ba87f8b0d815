// What tests need of a test library.

interface Test {
  name: string;
  body(): void | Promise<void>;
}
const tests: Test[] = [];

export function test(name: string, body: Test["body"]): void {
  tests.push({ name, body });
}

export function equal(found: unknown, wanted: unknown, about = ""): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`${about}\n   found: ${left}\n  wanted: ${right}`);
}

export function ok(condition: boolean, about: string): void {
  if (!condition) throw new Error(about);
}

/** A number from 0 to below 1, the same ones for the same seed. Source: mulberry32. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Runs all tests and tells how they went, as one JSON object. */
export async function run(tell: (text: string) => void): Promise<void> {
  const failed: string[] = [];
  for (const { name, body } of tests) {
    try {
      await body();
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  tell(JSON.stringify({ count: tests.length, failed }));
}
