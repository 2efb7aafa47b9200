// A table as a file for spreadsheets (RFC 4180). Names are people's own words: none of them is a formula there.

/** @param {unknown} value */
function field(value) {
  const text = typeof value === "string" && /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Gives the browser the file to keep. The mark at its beginning tells Excel that it is UTF-8. @param {string} name @param {unknown[][]} rows */
export function save(name, rows) {
  const href = URL.createObjectURL(new Blob(["\ufeff", ...rows.map((row) => `${row.map(field).join(",")}\r\n`)], { type: "text/csv;charset=utf-8" }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
