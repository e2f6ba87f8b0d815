// About how many tokens a text has, where nobody can be asked. The server counts exactly.

/** Words of so many letters are one token with most vocabularies. */
const lettersOfToken = 5;

/**
 * Words by their length, signs one by one, characters of scripts without spaces one by one, runs of spaces as one.
 *
 * A rough guess: vocabularies differ by more than it errs for English and code.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece = ""] of text.matchAll(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}]+|\p{N}{1,3}|\s{2,}|[^\s]/gu)) {
    tokens += /^[\p{L}\p{M}]{2,}$/u.test(piece) ? Math.ceil(piece.length / lettersOfToken / 1.35) : 1;
  }
  return tokens;
}
