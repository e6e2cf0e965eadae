package import Datasets
import Foundation
package import HTTPRequesting

extension CommandFailure {
  /// No answer came: who was asked, what happened, what to do.
  package static func transport(
    _ failure: HTTPFailure, endpoint: Endpoint, timeout: Duration, language: Language
  ) -> CommandFailure {
    switch failure {
    case .body(let cause):
      return cause as? CommandFailure ?? unreachable(endpoint, language, cause: String(describing: cause))
    case .unreachable(ENOENT):
      return CommandFailure(
        .unreachable,
        language(
          "tidak ada soket \(endpoint.description); jalankan layanannya (systemctl start simpul-agent atau "
            + "simpul-aggregator) atau beri --socket yang benar",
          "there is no socket \(endpoint.description); start the daemon (systemctl start simpul-agent or "
            + "simpul-aggregator) or give the right --socket"))
    case .unreachable(ECONNREFUSED):
      return CommandFailure(
        .unreachable,
        language(
          "tidak ada yang mendengarkan di \(endpoint.description); jalankan layanannya, atau periksa alamatnya",
          "nothing listens at \(endpoint.description); start the daemon, or check the address"))
    case .unreachable(EACCES), .unreachable(EPERM):
      return CommandFailure(
        .notPermitted,
        language(
          "tidak boleh membuka \(endpoint.description); masuklah ke grup pemilik soket itu, atau pakai sudo",
          "not permitted to open \(endpoint.description); join the group that owns the socket, or use sudo"))
    case .connectTimedOut:
      return CommandFailure(
        .unreachable,
        language(
          "\(endpoint.description) tidak dapat disambung; periksa alamatnya, rute dan firewall ke sana",
          "\(endpoint.description) cannot be connected to; check the address, the route and the firewall to it"))
    case .untrusted(let words):
      return CommandFailure(
        .unreachable,
        language(
          "sertifikat \(endpoint.description) tidak dipercaya mesin ini; perbarui sertifikatnya, pakai nama yang tertulis "
            + "di dalamnya, atau pasang CA-nya (update-ca-certificates)",
          "this machine does not trust the certificate of \(endpoint.description); renew it, use the name that stands in "
            + "it, or install its CA (update-ca-certificates)"), cause: words)
    case .timedOut:
      let seconds = timeout.components.seconds
      return CommandFailure(
        .unreachable,
        language(
          "\(endpoint.description) tidak menjawab dalam \(seconds) detik; coba lagi, atau beri --timeout lebih besar",
          "\(endpoint.description) did not answer within \(seconds) seconds; try again, or give a larger --timeout"
        ))
    case .closedEarly:
      return CommandFailure(
        .unreachable,
        language(
          "\(endpoint.description) menutup sambungan sebelum menjawab; lihat catatannya (journalctl -u 'simpul-*')",
          "\(endpoint.description) closed the connection before it answered; see its log (journalctl -u 'simpul-*')"
        ))
    case .tooLarge:
      return CommandFailure(
        .unreachable,
        language(
          "jawaban dari \(endpoint.description) terlalu besar; minta lebih sedikit dengan --limit",
          "the reply of \(endpoint.description) is too large; ask for less with --limit"))
    case .unknownHost:
      return unreachable(endpoint, language, cause: language("nama tidak ditemukan", "no such name"))
    case .unreachable(let number): return unreachable(endpoint, language, cause: String(cString: strerror(number)))
    case .cancelled: return unreachable(endpoint, language, cause: language("dihentikan", "ended"))
    case .other(let words): return unreachable(endpoint, language, cause: words)
    }
  }

  private static func unreachable(_ endpoint: Endpoint, _ language: Language, cause: String) -> CommandFailure {
    CommandFailure(
      .unreachable,
      language(
        "\(endpoint.description) tidak terjangkau; periksa alamat dan layanannya",
        "\(endpoint.description) cannot be reached; check the address and the daemon"), cause: cause)
  }
}
