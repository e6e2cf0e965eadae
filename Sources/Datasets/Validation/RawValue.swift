/// A field as a producer wrote it, before its type is known: what JSON can say, or the text of a CSV cell.
package enum RawValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  /// A JSON number as it was written.
  case number(String)
  case text(String)
  case list([RawValue])
  /// A JSON object: no field type takes one.
  case object
}

/// One row of an intake: what the producer sent, and where.
package struct IntakeRow: Sendable, Equatable {
  /// The line of a file, or the place of an array element, from 1.
  package var line: Int
  /// In the order of the producer; an absent field is untouched, null clears.
  package var fields: [(name: String, value: RawValue)]
  /// Whether it stood in a table, which people sort: then nothing follows from where it stood. Rows of other forms come in
  /// the order in which they were written.
  package var isOfTable: Bool

  package init(line: Int, fields: [(name: String, value: RawValue)], isOfTable: Bool = false) {
    self.line = line
    self.fields = fields
    self.isOfTable = isOfTable
  }

  package static func == (left: IntakeRow, right: IntakeRow) -> Bool {
    left.line == right.line && left.isOfTable == right.isOfTable && left.fields.count == right.fields.count
      && zip(left.fields, right.fields).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }
}

/// Why a row or a field was refused, in words that an office clerk understands.
package struct FieldProblem: Error, Sendable, Equatable {
  /// Nil when the whole row is meant. Where it is a heading of a file it is anybody's text: numbers of people are masked.
  package let field: String?
  /// Stable word for programs: `required`, `too_long`, `not_a_nik`, ...
  package let code: String
  /// What is wrong and what to do. Never contains the refused value of a field that is personal data.
  package let reason: BilingualText

  package init(field: String?, code: String, reason: BilingualText) {
    self.field = field.map(IdentityNumbers.masked)
    self.code = code
    self.reason = reason
  }
}

/// A refused row of a file or a request.
package struct RejectedRow: Sendable, Equatable {
  package let line: Int
  package let problem: FieldProblem

  package init(line: Int, problem: FieldProblem) {
    self.line = line
    self.problem = problem
  }
}

/// A row whose every field has its type: ready to be recorded.
package struct ValidRow: Sendable, Equatable {
  package var line: Int
  /// In the order of the definition's fields; unknown fields come last, sorted by name, as text.
  package var fields: [(name: FieldName, value: Value)]
  /// What whoever sent the row has to be told although it is taken: values that say nothing, times that lie ahead.
  package var remarks: [FieldProblem] = []

  package init(line: Int, fields: [(name: FieldName, value: Value)]) {
    self.line = line
    self.fields = fields
  }

  package subscript(name: FieldName) -> Value? { fields.first { $0.name == name }?.value }

  package static func == (left: ValidRow, right: ValidRow) -> Bool {
    left.line == right.line && left.fields.count == right.fields.count
      && zip(left.fields, right.fields).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }
}
