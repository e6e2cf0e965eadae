/// The page's form. Mustache escapes every value; there is no script, and it must read well without the style
/// too.
enum FleetPageTemplate {
  static let text = """
    <!DOCTYPE html>
    <html lang="{{lang}}">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="refresh" content="10">
    <meta name="robots" content="noindex">
    <link rel="icon" href="data:,">
    <title>{{title}} – {{place}}</title>
    <style>
    \(style)
    </style>
    </head>
    <body>
    <div class="page">
    <div class="head">
    <p class="other"><a href="/?lang={{other.language}}" hreflang="{{other.language}}" \
    lang="{{other.language}}">\
    {{other.name}}</a> · <a href="/sign-in">{{signIn}}</a></p>
    <p class="place">{{place}}</p>
    <h1>{{title}}</h1>
    <p class="moment">{{momentLabel}} <b>{{moment}}</b>. {{refresh}}</p>
    </div>
    <ul class="totals">
    {{#totals}}
    <li class="{{tone}}"><b>{{number}}</b> <span>{{label}}</span></li>
    {{/totals}}
    </ul>
    <table>
    <thead>
    <tr>
    <th scope="col">{{columns.office}}</th>
    <th scope="col">{{columns.state}}</th>
    <th scope="col" class="number">{{columns.backlog}}</th>
    <th scope="col">{{columns.newest}}</th>
    <th scope="col">{{columns.seen}}</th>
    <th scope="col" class="number">{{columns.conflicts}}</th>
    </tr>
    </thead>
    <tbody>
    {{#rows}}
    <tr>
    <th scope="row">{{name}} <span class="node">{{node}}</span></th>
    <td class="state {{tone}}" data-label="{{columns.state}}"><span class="symbol" \
    aria-hidden="true">{{symbol}}</span> \
    {{state}}</td>
    <td class="number{{#hasBacklog}} some{{/hasBacklog}}" data-label="{{columns.backlog}}">{{backlog}}</td>
    <td data-label="{{columns.newest}}">{{newest}}</td>
    <td data-label="{{columns.seen}}">{{seen}}</td>
    <td class="number{{#hasConflicts}} some{{/hasConflicts}}" \
    data-label="{{columns.conflicts}}">{{conflicts}}</td>
    </tr>
    {{/rows}}
    </tbody>
    </table>
    <p class="legend">{{legend}}</p>
    </div>
    </body>
    </html>

    """

  /// Plain properties only: office machines run browsers of ten years ago.
  private static let style = """
    body { margin: 0; background: #f6f5f1; color: #1d2327; font: 16px/1.45 "Segoe UI", "Helvetica Neue", \
    Roboto, \
    "Noto Sans", Arial, sans-serif; }
    .page { max-width: 1120px; margin: 0 auto; padding: 28px 24px 40px; }
    h1 { margin: 0; font-size: 32px; line-height: 1.15; font-weight: 600; letter-spacing: -0.01em; }
    .place { margin: 0 0 2px; color: #5a6168; font-size: 15px; }
    .moment { margin: 8px 0 0; color: #5a6168; font-size: 15px; }
    .moment b { color: #1d2327; font-weight: 600; }
    .other { float: right; margin: 0; font-size: 15px; }
    a { color: #1f5b92; }
    .totals { margin: 24px 0 26px; padding: 0; list-style: none; border-top: 2px solid #1d2327; overflow: \
    hidden; }
    .totals li { float: left; min-width: 150px; margin: 12px 34px 0 0; color: #5a6168; font-size: 15px; }
    .totals b { display: block; color: #1d2327; font-size: 34px; line-height: 1.1; font-weight: 600; }
    .totals .good b { color: #19693a; }
    .totals .warn b { color: #8f4a00; }
    .totals .bad b { color: #a3211b; }
    table { width: 100%; border-collapse: collapse; }
    thead th { padding: 0 26px 7px 0; border-bottom: 1px solid #8b9197; color: #5a6168; font-size: 14px; \
    font-weight: 500; text-align: left; vertical-align: bottom; }
    tbody th, td { padding: 7px 26px 7px 0; border-bottom: 1px solid #dedcd4; text-align: left; \
    vertical-align: top; }
    tbody th { font-weight: 600; }
    .node { display: block; color: #6b7278; font-size: 13px; font-weight: 400; }
    .number { text-align: right; font-variant-numeric: tabular-nums; }
    th:last-child, td:last-child { padding-right: 0; }
    td { white-space: nowrap; }
    .state { font-weight: 600; }
    .symbol { display: inline-block; width: 1.1em; text-align: center; }
    td.good { color: #19693a; }
    td.warn { color: #8f4a00; }
    td.bad { color: #a3211b; }
    td.faint { color: #6b7278; font-weight: 400; }
    td.number { color: #6b7278; }
    td.some { color: #1d2327; font-weight: 600; }
    .legend { margin: 20px 0 0; max-width: 46em; color: #5a6168; font-size: 14px; }
    @media (max-width: 720px) {
    .page { padding: 18px 16px 28px; }
    h1 { font-size: 26px; }
    .totals li { min-width: 130px; margin-right: 18px; }
    .totals b { font-size: 28px; }
    table, tbody, tr, tbody th, td { display: block; }
    thead { display: none; }
    tr { padding: 10px 0 12px; border-bottom: 1px solid #c9c7be; }
    tbody th, td { padding: 2px 0; border: 0; text-align: left; }
    td { overflow: hidden; }
    td:before { content: attr(data-label); float: left; width: 46%; padding-right: 10px; color: #5a6168; \
    font-weight: 400; }
    td.number { text-align: left; }
    }
    @media (prefers-color-scheme: dark) {
    body { background: #15181b; color: #e6e4de; }
    .place, .moment, .totals li, thead th, .legend, td:before { color: #a3aab0; }
    .moment b, .totals b { color: #e6e4de; }
    a { color: #8cc0ee; }
    .totals { border-color: #e6e4de; }
    thead th { border-color: #6b7278; }
    tbody th, td, tr { border-color: #31363b; }
    .node, td.faint, td.number { color: #949ba1; }
    td.some { color: #e6e4de; }
    td.good, .totals .good b { color: #6fcf8e; }
    td.warn, .totals .warn b { color: #f0b25c; }
    td.bad, .totals .bad b { color: #ff8f86; }
    }
    @media print {
    .other { display: none; }
    body { background: #fff; }
    }
    """
}
