import Datasets
import Foundation
import HTTPTypes
import Hummingbird
import Storage

/// The page at `/sign-in`: plain, without script, for browsers of ten years ago.
struct SignInPage: Sendable {
  enum Content: Sendable {
    /// A link was opened: its code, well-formed, behind a button.
    case confirm(String)
    case signedIn(AccessToken, until: Timestamp)
    /// Nobody is signed in, and there is no link.
    case ask
    case refused(String)
  }

  let home: NodeName
  let language: Language

  func response(_ content: Content, status: HTTPResponse.Status = .ok) -> Response {
    var headers: HTTPFields = [
      .contentSecurityPolicy:
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; "
        + "frame-ancestors 'none'",
      .xContentTypeOptions: "nosniff",
    ]
    // The code is in the address: it goes to no other site. (With no-referrer browsers would not say their origin.)
    if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "same-origin" }
    return .text(html(content), type: "text/html; charset=utf-8", status: status, headers: headers)
  }

  private var title: String {
    home == .centre
      ? text("Masuk ke pusat komando", "Sign in to the command centre")
      : text("Masuk ke agen \(home)", "Sign in to the agent of \(home)")
  }

  private func text(_ indonesian: String, _ english: String) -> String {
    BilingualText(id: indonesian, en: english)(language)
  }

  private func html(_ content: Content) -> String {
    """
    <!DOCTYPE html>
    <html lang="\(language.rawValue)">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <link rel="icon" href="data:,">
    <title>\(title)</title>
    <style>
    \(Self.style)
    </style>
    </head>
    <body>
    <div class="page">
    <h1>\(title)</h1>
    \(body(content))
    </div>
    </body>
    </html>

    """
  }

  private func body(_ content: Content) -> String {
    switch content {
    case .confirm(let code):
      let words = text(
        "Tautan ini hanya dapat dipakai sekali. Tekan tombol di peramban yang hendak dipakai.",
        "This link works once. Press the button in the browser that you want to use.")
      return """
        <p>\(words)</p>
        <form method="post" action="/sign-in">
        <input type="hidden" name="code" value="\(code)">
        <button type="submit">\(text("Masuk", "Sign in"))</button>
        </form>
        """
    case .signedIn(let token, let ends):
      let office = token.office.map { text(", kantor \($0)", ", office \($0)") } ?? ""
      let centre = home == .centre ? #"<a href="/">\#(text("Keadaan kantor", "The offices"))</a>, "# : ""
      return """
        <p>\(text("Masuk sebagai", "Signed in as")) <b>\(token.name)</b> (\(token.role.rawValue)\(office)), \
        \(text("sampai", "until")) \(InstantText.of(ends)).</p>
        <p>\(centre)<a href="/api/v1/nodes">/api/v1/nodes</a>, <a href="/openapi.json">/openapi.json</a></p>
        <form method="post" action="/sign-out">
        <button type="submit">\(text("Keluar", "Sign out"))</button>
        </form>
        """
    case .ask: return ask
    case .refused(let message): return "<p class=\"bad\">\(Self.escaped(message))</p>\n\(ask)"
    }
  }

  private var ask: String {
    let words = text(
      "Minta tautan masuk kepada admin. Di mesin layanan ini:",
      "Ask an admin for a sign-in link. On this daemon's machine:")
    return """
      <p>\(words)</p>
      <pre>sudo simpulctl tokens create \(text("NAMA", "NAME")) --role viewer
      sudo simpulctl tokens sign-in \(text("NAMA", "NAME"))</pre>
      <form method="post" action="/sign-in">
      <label>\(text("Kode dari tautan itu", "The code of that link"))
      <input name="code" autocomplete="off" required></label>
      <button type="submit">\(text("Masuk", "Sign in"))</button>
      </form>
      """
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  private static let style = """
    body { margin: 0; background: #f6f5f1; color: #1d2327; font: 16px/1.45 "Segoe UI", "Helvetica Neue", Roboto, \
    "Noto Sans", Arial, sans-serif; }
    .page { max-width: 620px; margin: 0 auto; padding: 48px 24px; }
    h1 { margin: 0 0 18px; font-size: 28px; line-height: 1.2; font-weight: 600; }
    pre { padding: 10px 12px; background: #fff; border: 1px solid #dedcd4; overflow: auto; }
    input { display: block; width: 100%; box-sizing: border-box; margin: 4px 0 12px; padding: 8px; font-size: 16px; }
    button { padding: 10px 22px; border: 0; background: #1f5b92; color: #fff; font-size: 16px; cursor: pointer; }
    a { color: #1f5b92; }
    .bad { color: #a3211b; font-weight: 600; }
    @media (prefers-color-scheme: dark) {
    body { background: #15181b; color: #e6e4de; }
    pre { background: #1d2126; border-color: #31363b; }
    a { color: #8cc0ee; }
    .bad { color: #ff8f86; }
    }
    """
}
