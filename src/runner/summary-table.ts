/** A text, or a URL to show as a link. */
export type Cell = string | URL;

/**
 * A heading and a table for the job's summary page. The toolkit has this too, but its module takes 2 ms to load.
 *
 * @param rows without `columns`, the first cell of each row is its heading.
 * @param columns the headings of the columns.
 */
export function formatTable(
  heading: string,
  rows: readonly (readonly Cell[])[],
  columns?: readonly string[],
): string {
  const head = columns === undefined ? [] : [row(columns, () => true)];
  const body = rows.map(cells => row(cells, at => columns === undefined && at === 0));
  return `<h3>${escapeHtml(heading)}</h3>\n<table>${[...head, ...body].join('')}</table>\n`;
}

function row(cells: readonly Cell[], isHead: (at: number) => boolean): string {
  const tags = cells.map((cell, at) => {
    const tag = isHead(at) ? 'th' : 'td';
    const text = escapeHtml(String(cell));
    return `<${tag}>${typeof cell === 'string' ? text : `<a href="${text}">${text}</a>`}</${tag}>`;
  });
  return `<tr>${tags.join('')}</tr>`;
}

/** Escapes Markdown too: the page is Markdown, and a note must be shown as it is. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`*_[\]|~\\]/g, character => `&#${character.charCodeAt(0)};`);
}
