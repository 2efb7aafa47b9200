// Who did what to which thing, without anybody's words: filtered in the address, taken along as a file.
import { Empty, Head, Icon, Trouble } from "../parts/bits.js";
import { save } from "../parts/csv.js";
import { Filters, List, listPath, useList } from "../parts/table.js";
import { html, useState } from "../parts/view.js";
import { address, withQuery } from "../address.js";
import { ask } from "../session.js";
import { known, moment, t } from "../words.js";

const KINDS = ["", "texts", "assistants", "keys", "rules", "limits", "data", "console"];
const FIELDS = ["q", "actor", "action", "object"];
/** What has a page of its own. @type {Record<string, string>} */
const PAGES = { asst: "assistants", run: "runs", thread: "threads" };

/** The code of a deed in words, where there are some. @param {string} action */
const said = (action) => known(`audit.${action}`) || action;

/** A value that, pressed, shows only what has it. @param {string} name @param {string} value @param {any} [text] */
const only = (name, value, text = value) => html`<a class="cut ${name === "object" ? "mono" : ""}" title=${value} href=${withQuery({ [name]: value })}>${text}</a>`;

/** @param {string} object */
function thing(object) {
  const id = object.split(" ")[0];
  const page = PAGES[id.split("_")[0]];
  return page && id.includes("_") && html`<a class="small" href="/${page}/${id}">${t("audit.open")}</a>`;
}

/** @returns {import("../parts/table.js").Column[]} */
const columns = () => [
  { name: t("audit.what"), cell: (row) => only("action", row.action, said(row.action)) },
  { name: t("audit.object"), cell: (row) => row.object && html`<span class="row">${only("object", row.object)}${thing(row.object)}</span>` },
  { name: t("audit.actor"), cell: (row) => only("actor", row.actor) },
  { name: t("audit.at"), right: true, look: "end", cell: (row) => moment(row.at, true) },
];

export function Audit() {
  const path = listPath("/console/api/audit", FIELDS);
  const list = useList(path);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const take = () => all(path).then((rows) => (setError(null), save(`spool-audit-${new Date().toISOString().slice(0, 10)}.csv`,
    [["at", "actor", "action", "object"], ...rows.map((row) => [new Date(row.at * 1000).toISOString(), row.actor, row.action, row.object])])), setError);
  const empty = address.value.query.size
    ? html`<${Empty} title=${t("nothing.title")} text=${t("nothing.text")}><a class="button" href="/audit">${t("nothing.all")}</a><//>`
    : html`<${Empty} title=${t("audit.empty.title")} text=${t("audit.empty.text")} />`;
  return html`<${Head} title=${t("nav.audit")} text=${t("audit.text")}><button type="button" class="button" disabled=${!list.rows?.length} onClick=${take}><${Icon} name="down" />${t("csv")}</button><//>
    <div class="stack audit"><${Filters} hint="audit.hint" field="action" options=${KINDS.map((one) => [one, t(one ? `audit.kind.${one}` : "all")])} narrow=${FIELDS.slice(1)} />
      <${Trouble} error=${error} again=${take} /><${List} list=${list} label=${t("nav.audit")} columns=${columns()} empty=${empty} /></div>`;
}

/** Each row that the filters let through. @param {string} path @returns {Promise<any[]>} */
async function all(path) {
  const rows = [];
  for (let after = ""; ;) {
    const page = await ask("GET", `${path}${path.includes("?") ? "&" : "?"}limit=1000${after && `&after=${after}`}`);
    rows.push(...page.data);
    if (!page.has_more) return rows;
    after = page.last_id;
  }
}
