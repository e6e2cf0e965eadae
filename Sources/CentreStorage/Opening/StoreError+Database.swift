import GRDB
import Storage

extension StoreError {
  /// What a person can do about an SQLite error.
  init(writing error: any Error) {
    if let known = error as? StoreError {
      self = known
      return
    }
    switch (error as? DatabaseError)?.resultCode {
    case .SQLITE_FULL?:
      self.init(.full, "The disk of the centre's store is full; free space or enlarge it.", cause: error)
    case .SQLITE_CORRUPT?, .SQLITE_NOTADB?:
      self.init(.damaged, "The centre's store is damaged; restore it from the last backup.", cause: error)
    case .SQLITE_IOERR?:
      self.init(.inputOutput, "The disk of the centre's store fails; check it.", cause: error)
    case .SQLITE_INTERRUPT?, .SQLITE_ABORT?:
      self.init(.inputOutput, "A step of the store was broken off, as at the service's end; repeat it.", cause: error)
    default:
      self.init(.inputOutput, "The centre's store did not do what it was asked; see the cause.", cause: error)
    }
  }

  /// SQLite's errors become store errors; errors with a meaning of their own pass.
  static func wrapping(_ error: any Error) -> any Error {
    error is DatabaseError ? StoreError(writing: error) : error
  }

  static func damaged(_ what: String) -> StoreError {
    StoreError(
      .damaged, "The centre's store holds \(what) that cannot be read; restore it from the last backup.")
  }
}
