import Datasets
import Testing
import Wire

@Suite struct CompactnessTests {
  private let author = Author(
    node: NodeName("disdukcapil") ?? .centre, incarnation: Incarnation(generation: 12, random: .max))
  private let time = Timestamp(milliseconds: 1_760_000_000_000)

  private func record(fieldCount: Int, value: String) -> RecordState {
    let dot = Dot(author: author, sequence: Datasets.Sequence(2_500_000) ?? .max)
    var state = RecordState.empty
    for index in 0..<fieldCount {
      state[Fixed.field("field_\(index)")] = FieldState(
        context: Context(dot),
        siblings: [Sibling(dot: dot, value: .text(value), time: time, isSuspect: false)])
    }
    return state
  }

  @Test func `a record that was written once costs little more than its values`() {
    var registry = FieldRegistry()
    let value = "Jl. Kayangan"
    let size = record(fieldCount: 30, value: value).bytes(registry: &registry).count
    // A value's own tag and length, and four numbers per field: which field, context, how many, which change.
    #expect(size <= 48 + 30 * (value.utf8.count + 2 + 4))
  }

  @Test func `one more edit of one field adds one change and one context`() {
    var registry = FieldRegistry()
    var state = record(fieldCount: 30, value: "x")
    let before = state.bytes(registry: &registry).count
    let later = Dot(author: author, sequence: Datasets.Sequence(2_500_001) ?? .max)
    state[Fixed.field("field_0")] = FieldState(
      context: Context(later),
      siblings: [Sibling(dot: later, value: .text("x"), time: time, isSuspect: false)])
    #expect(state.bytes(registry: &registry).count - before <= 24)
  }

  @Test func `an attendance punch of a known shape costs its values and the shape`() {
    let names = ["device", "pin", "time", "status"].map(Fixed.field)
    let values: [Value] = [
      .text("CKJF202360000"), .text("1007"),
      .instant(ZonedInstant(timestamp: time, offsetMinutes: 480)), .integer(0),
    ]
    let occurrence = Occurrence(fields: zip(names, values).map { Occurrence.FieldValue(name: $0, value: $1) })
    let seal = Seal(effective: time, suspicion: [], wall: time, boot: 3, uptimeMilliseconds: 86_400_000)
    #expect(Entry.occurrence(seal, occurrence).bytes.count <= 80)
  }
}
