import CCurl

/// The body of a request as libcurl reads it.
final class RequestSource {
  private let next: () throws -> [UInt8]?
  private var piece: ArraySlice<UInt8> = []
  private(set) var failure: (any Error)?
  /// Changes whenever something was read.
  private(set) var movement = 0

  init(_ next: @escaping () throws -> [UInt8]?) { self.next = next }

  /// - Returns: how many bytes lie in the buffer now; 0 at the end.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    movement &+= 1
    do {
      while piece.isEmpty {
        guard let more = try next() else { return 0 }
        piece = more[...]
      }
    } catch {
      failure = error
      return simpul_curl_abort
    }
    let count = min(piece.count, buffer.count)
    buffer.copyBytes(from: piece.prefix(count))
    piece = piece.dropFirst(count)
    return count
  }
}
