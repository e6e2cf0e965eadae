import Collectors
package import Datasets
package import NodeStorage
import Sessions
import Storage
import Synchronization

extension Intake {
  /// Whether somebody is at something of which there may be one at a time.
  final class Flag: Sendable {
    private let isUp = Mutex(false)

    /// - Returns: false when it is up already.
    func raise() -> Bool {
      isUp.withLock { isUp in
        defer { isUp = true }
        return !isUp
      }
    }

    func lower() { isUp.withLock { $0 = false } }
  }

  /// Runs `body` with what rows of `dataset` may be tried out on: a delivery with it takes nothing.
  ///
  /// One at a time, because each needs memory and disk.
  /// - Throws: `IntakeRefusal` when it cannot begin, and what `body` throws.
  package func tryingOut<Result>(
    _ dataset: DatasetName, _ body: (DryRun) async throws -> Result
  ) async throws -> Result {
    guard let known = catalogue.dataset(dataset) else { throw Self.unknown(dataset, catalogue) }
    guard isTrying.raise() else { throw Self.isTryingAlready }
    defer { isTrying.lower() }
    let dryRun = try await refusing(known.definition, isTrying: true) { try await store.dryRun(of: dataset) }
    return try await body(dryRun)
  }
}

extension Intake.Receipt {
  /// Notes what of a row the definition does not know.
  ///
  /// - Returns: why the row is not taken, where such fields are refused.
  mutating func note(
    _ row: ValidRow, _ validator: RowValidator, _ delivery: Intake.Delivery
  ) -> FieldProblem? {
    let names = validator.undeclared(in: row)
    if delivery.refusesUnknown, let first = names.first { return validator.undeclaredProblem(first) }
    for name in names { unknown.add(name) }
    return nil
  }
}
