package import Datasets

/// What became of a batch of rows, after its commit is on the disk.
package struct IntakeOutcome: Sendable, Equatable {
  /// Rows recorded, and rows that changed nothing.
  package var accepted: Int
  /// Of these, the ones that changed nothing.
  package var duplicates: Int
  package var rejected: [RejectedRow]

  package init(accepted: Int, duplicates: Int = 0, rejected: [RejectedRow] = []) {
    self.accepted = accepted
    self.duplicates = duplicates
    self.rejected = rejected
  }
}

/// Why a whole batch was not taken.
package struct IntakeRefusal: Error, Sendable, Equatable {
  package enum Code: String, Sendable {
    /// The buffer's quota or the disk's reserve is reached: the producer keeps the file and comes again.
    case bufferFull = "buffer_full"
    /// Not now: the store is busy or the definitions have not come yet. Tried again.
    case unavailable
    /// This node may not write the dataset. Trying again does not help.
    case notPermitted = "not_permitted"
    case unknownDataset = "unknown_dataset"
  }

  package let code: Code
  package let message: BilingualText

  package init(_ code: Code, message: BilingualText) {
    self.code = code
    self.message = message
  }
}
