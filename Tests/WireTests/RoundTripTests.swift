import Datasets
import Testing
import Wire

@Suite struct RoundTripTests {
  @Test(arguments: 0..<240 as Range<UInt64>)
  func `every message comes back as it was sent`(seed: UInt64) throws {
    var generator = Generator(seed: seed)
    let fromNode = generator.nodeMessage(Int(seed))
    #expect(try NodeMessage(bytes: fromNode.bytes) == fromNode)
    let fromCentre = generator.centreMessage(Int(seed))
    #expect(try CentreMessage(bytes: fromCentre.bytes) == fromCentre)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `every entry, state and value comes back as it was written`(seed: UInt64) throws {
    var generator = Generator(seed: seed)
    let entry = generator.entry()
    #expect(try Entry(bytes: entry.bytes) == entry)

    var registry = FieldRegistry()
    let state = generator.recordState()
    let bytes = state.bytes(registry: &registry)
    #expect(try RecordState(bytes: bytes, registry: registry) == state)

    let records = generator.feedRecords()
    #expect(try FeedRecords(bytes: records.bytes) == records)

    let value = generator.value()
    var writer = ByteWriter()
    writer.value(value)
    var reader = ByteReader(writer.bytes)
    #expect(try reader.value() == value)
    #expect(reader.isAtEnd)
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func `the entries of a batch are found where they were put`(seed: UInt64) throws {
    var generator = Generator(seed: seed)
    let entries = generator.list(upTo: 20) { $0.entry().bytes }
    var block = ByteWriter()
    for entry in entries { EntryBlock.append(entry, to: &block) }
    let ranges = try EntryBlock.ranges(in: block.bytes)
    #expect(ranges.map { Array(block.bytes[$0]) } == entries)
  }

  @Test func `an unknown trait or suspicion of a newer node is kept`() throws {
    var generator = Generator(seed: 7)
    var change = generator.change()
    change.traits = Change.Traits(rawValue: 0xF0)
    let seal = Seal(
      effective: Timestamp(milliseconds: 5), suspicion: Seal.Suspicion(rawValue: 0x80),
      wall: Timestamp(milliseconds: 6), boot: 1, uptimeMilliseconds: 2)
    let entry = Entry.change(seal, change)
    #expect(try Entry(bytes: entry.bytes) == entry)
    #expect(seal.isSuspect)
  }

  @Test func `field numbers of a registry stay while it grows`() throws {
    var registry = FieldRegistry()
    let nik = registry.number(of: Fixed.field("nik"))
    #expect(registry.number(of: Fixed.field("nama")) == nik + 1)
    #expect(registry.number(of: Fixed.field("nik")) == nik)
    #expect(try registry.name(at: UInt64(nik)) == Fixed.field("nik"))
    #expect(throws: WireError.self) { try registry.name(at: 2) }
  }
}
