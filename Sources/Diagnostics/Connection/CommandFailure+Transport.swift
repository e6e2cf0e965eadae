import AsyncHTTPClient
package import Datasets
import Foundation
import NIOCore
import NIOPosix

extension CommandFailure {
  /// No answer came: who was asked, what happened, what to do.
  package static func transport(
    _ error: any Error, endpoint: Endpoint, timeout: Duration, language: Language
  ) -> CommandFailure {
    if let failure = error as? CommandFailure { return failure }
    switch connectErrno(of: error) {
    case ENOENT:
      return CommandFailure(
        .unreachable,
        language(
          "tidak ada soket \(endpoint.description); jalankan layanannya (systemctl start simpul-agent atau "
            + "simpul-aggregator) atau beri --socket yang benar",
          "there is no socket \(endpoint.description); start the daemon (systemctl start simpul-agent or "
            + "simpul-aggregator) or give the right --socket"))
    case ECONNREFUSED:
      return CommandFailure(
        .unreachable,
        language(
          "tidak ada yang mendengarkan di \(endpoint.description); jalankan layanannya, atau periksa alamatnya",
          "nothing listens at \(endpoint.description); start the daemon, or check the address"))
    case EACCES, EPERM:
      return CommandFailure(
        .notPermitted,
        language(
          "tidak boleh membuka \(endpoint.description); masuklah ke grup pemilik soket itu, atau pakai sudo",
          "not permitted to open \(endpoint.description); join the group that owns the socket, or use sudo"))
    default: break
    }
    if let known = error as? HTTPClientError { return http(known, endpoint, timeout, language) }
    if error is NIOTooManyBytesError {
      return CommandFailure(
        .unreachable,
        language(
          "jawaban dari \(endpoint.description) terlalu besar; minta lebih sedikit dengan --limit",
          "the reply of \(endpoint.description) is too large; ask for less with --limit"))
    }
    return unreachable(endpoint, language, cause: String(describing: error))
  }

  private static func http(
    _ error: HTTPClientError, _ endpoint: Endpoint, _ timeout: Duration, _ language: Language
  ) -> CommandFailure {
    switch error {
    case .readTimeout, .deadlineExceeded, .connectTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
      let seconds = timeout.components.seconds
      return CommandFailure(
        .unreachable,
        language(
          "\(endpoint.description) tidak menjawab dalam \(seconds) detik; coba lagi, atau beri --timeout lebih besar",
          "\(endpoint.description) did not answer within \(seconds) seconds; try again, or give a larger --timeout"
        ))
    case .remoteConnectionClosed:
      return CommandFailure(
        .unreachable,
        language(
          "\(endpoint.description) menutup sambungan sebelum menjawab; lihat catatannya (journalctl -u 'simpul-*')",
          "\(endpoint.description) closed the connection before it answered; see its log (journalctl -u 'simpul-*')"
        ))
    default: return unreachable(endpoint, language, cause: String(describing: error))
    }
  }

  private static func unreachable(_ endpoint: Endpoint, _ language: Language, cause: String) -> CommandFailure {
    CommandFailure(
      .unreachable,
      language(
        "\(endpoint.description) tidak terjangkau; periksa alamat dan layanannya",
        "\(endpoint.description) cannot be reached; check the address and the daemon"), cause: cause)
  }

  private static func connectErrno(of error: any Error) -> Int32? {
    if let error = error as? IOError { return error.errnoCode }
    guard let attempts = (error as? NIOConnectionError)?.connectionErrors else { return nil }
    return attempts.lazy.compactMap { ($0.error as? IOError)?.errnoCode }.first
  }
}
