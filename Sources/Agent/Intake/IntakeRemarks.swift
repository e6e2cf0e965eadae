package import Datasets

/// What has to be said of rows that were taken all the same, counted by field and reason.
package struct IntakeRemarks: Sendable {
  /// One thing to be said, of so many rows.
  package struct Remark: Sendable {
    package let problem: FieldProblem
    package var rows: Int
    /// The first line that it is about.
    package var line: Int
  }

  /// Bounded: only declared fields have remarks, each of a few kinds.
  private var remarks: [String: Remark] = [:]

  package var isEmpty: Bool { remarks.isEmpty }

  /// By field, then code.
  package var sorted: [Remark] {
    remarks.sorted { $0.key < $1.key }.map(\.value)
  }

  mutating func add(_ row: ValidRow) {
    for problem in row.remarks { add(Remark(problem: problem, rows: 1, line: row.line)) }
  }

  mutating func add(_ other: IntakeRemarks) {
    for remark in other.sorted { add(remark) }
  }

  private mutating func add(_ remark: Remark) {
    let key = "\(remark.problem.field ?? "") \(remark.problem.code)"
    guard let known = remarks[key] else {
      remarks[key] = remark
      return
    }
    remarks[key]?.rows = known.rows + remark.rows
    remarks[key]?.line = min(known.line, remark.line)
  }
}
