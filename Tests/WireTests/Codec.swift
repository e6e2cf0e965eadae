import Datasets
import Testing
import Wire

/// One encoded kind of thing, so that each test runs over all of them.
struct Codec: Sendable, CustomTestStringConvertible {
  let name: String
  /// Valid bytes from a seed.
  let sample: @Sendable (UInt64) -> [UInt8]
  /// Decodes, looks at everything that is shown or compared later, and encodes again.
  let reencode: @Sendable ([UInt8]) throws(WireError) -> [UInt8]

  var testDescription: String { name }

  /// The field numbers that states are read with.
  static let registry = FieldRegistry(
    [.lifecycle, .aliasOf] + ["nik", "nama", "alamat", "rt", "rw", "kode_wilayah"].map(Fixed.field))

  static let all: [Codec] = [
    Codec(
      name: "node message",
      sample: { seed in
        var generator = Generator(seed: seed)
        return generator.nodeMessage(Int(seed % 6)).bytes
      },
      reencode: { bytes throws(WireError) in try NodeMessage(bytes: bytes).bytes }),
    Codec(
      name: "centre message",
      sample: { seed in
        var generator = Generator(seed: seed)
        return generator.centreMessage(Int(seed % 8)).bytes
      },
      reencode: { bytes throws(WireError) in try CentreMessage(bytes: bytes).bytes }),
    Codec(
      name: "entry",
      sample: { seed in
        var generator = Generator(seed: seed)
        return generator.entry().bytes
      },
      reencode: { bytes throws(WireError) in
        let entry = try Entry(bytes: bytes)
        if case .change(let seal, let change) = entry {
          touch(seal.effective.description + seal.wall.description)
          for edit in change.edits { touch(edit.value.text) }
        }
        if case .occurrence(_, let occurrence) = entry {
          for field in occurrence.fields { touch(field.value.text) }
        }
        return entry.bytes
      }),
    Codec(
      name: "record state",
      sample: { seed in
        var generator = Generator(seed: seed)
        var registry = registry
        return generator.recordState().bytes(registry: &registry)
      },
      reencode: { bytes throws(WireError) in
        let state = try RecordState(bytes: bytes, registry: registry)
        touch(state.context.description)
        var registry = registry
        return state.bytes(registry: &registry)
      }),
    Codec(
      name: "feed records",
      sample: { seed in
        var generator = Generator(seed: seed)
        return generator.feedRecords().bytes
      },
      reencode: { bytes throws(WireError) in try FeedRecords(bytes: bytes).bytes }),
    Codec(
      name: "value",
      sample: { seed in
        var generator = Generator(seed: seed)
        var writer = ByteWriter()
        writer.value(generator.value())
        return writer.bytes
      },
      reencode: { bytes throws(WireError) in
        var reader = ByteReader(bytes)
        let value = try reader.value()
        try reader.expectEnd()
        touch(value.text)
        var writer = ByteWriter()
        writer.value(value)
        return writer.bytes
      }),
  ]

  /// Keeps a text from being optimised away.
  private static func touch(_ text: String) { precondition(text.utf8.count >= 0) }
}
