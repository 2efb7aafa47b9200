// A table as a file for spreadsheets (RFC 4180). Names are people's own words: none of them is a formula there.

/** @param {unknown} value */
function field(value) {
  const text = typeof value === "string" && /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Gives the browser a file to keep. @param {string} name @param {string[]} parts @param {string} type */
export function keep(name, parts, type) {
  const href = URL.createObjectURL(new Blob(parts, { type }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/** The same of a table. The mark at its beginning tells Excel that it is UTF-8. @param {string} name @param {unknown[][]} rows */
export const save = (name, rows) => keep(name, ["\ufeff", ...rows.map((row) => `${row.map(field).join(",")}\r\n`)], "text/csv;charset=utf-8");
