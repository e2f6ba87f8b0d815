// How tall the rows of a long list are: what was measured, and a guess for the others.

export interface SizedRow {
  id: string;
  /** In characters: longer texts are guessed to be taller. */
  length: number;
}

/** Guesses, in CSS pixels: an empty row, and what a line of so many characters adds. */
const emptyHeight = 78;
const lineHeight = 25;
const lineLength = 88;
/** A longer text is cut where it is shown. */
const lengthMax = 200_000;

export class Heights {
  private rows: readonly SizedRow[] = [];
  private measured = new Map<string, number>();
  /** Where each row begins, and at the end where the last one ends. */
  private tops = new Float64Array(1);
  private isStale = false;

  setRows(rows: readonly SizedRow[]): void {
    if (rows === this.rows) return;
    this.rows = rows;
    this.isStale = true;
  }

  /** @returns whether this was news. */
  measure(id: string, height: number): boolean {
    const before = this.measured.get(id);
    if (before !== undefined && Math.abs(before - height) < 0.5) return false;
    this.measured.set(id, height);
    this.isStale = true;
    return true;
  }

  /** What was measured of a row, or 0. */
  heightOf(id: string): number {
    return this.measured.get(id) ?? 0;
  }

  get count(): number {
    return this.rows.length;
  }

  get total(): number {
    return this.top(this.rows.length);
  }

  /** Where the row of an index begins; of the number of rows, where the last one ends. */
  top(index: number): number {
    this.update();
    return this.tops[Math.max(0, Math.min(index, this.rows.length))] ?? 0;
  }

  /** The row at a height. */
  at(offset: number): number {
    this.update();
    let [low, high] = [0, Math.max(0, this.rows.length - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.tops[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The rows that are seen between two heights: the first, and the one after the last. */
  range(from: number, to: number): { first: number; end: number } {
    if (this.rows.length === 0) return { first: 0, end: 0 };
    return { first: this.at(Math.max(0, from)), end: Math.min(this.rows.length, this.at(to) + 1) };
  }

  private update(): void {
    if (!this.isStale && this.tops.length === this.rows.length + 1) return;
    if (this.tops.length !== this.rows.length + 1) this.tops = new Float64Array(this.rows.length + 1);
    let sum = 0;
    this.rows.forEach((row, index) => {
      this.tops[index] = sum;
      sum += this.measured.get(row.id) ?? guess(row.length);
    });
    this.tops[this.rows.length] = sum;
    this.isStale = false;
  }
}

function guess(length: number): number {
  return emptyHeight + Math.ceil(Math.min(length, lengthMax) / lineLength) * lineHeight;
}
