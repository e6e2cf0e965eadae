import Datasets
import Testing
import Wire

/// Everything from a peer or a disk is hostile until it is decoded: it throws, it never traps.
@Suite struct HostileBytesTests {
  /// What decoding made of some bytes.
  private enum Outcome {
    case refused
    case accepted([UInt8])
  }

  private func outcome(_ codec: Codec, _ bytes: [UInt8]) -> Outcome {
    do { return .accepted(try codec.reencode(bytes)) } catch { return .refused }
  }

  @Test(arguments: Codec.all)
  func `bytes cut short anywhere are refused`(codec: Codec) {
    for seed in 0..<24 as Range<UInt64> {
      let bytes = codec.sample(seed)
      for length in 0..<bytes.count {
        if case .accepted = outcome(codec, Array(bytes[..<length])) {
          Issue.record("seed \(seed) is accepted when cut to \(length) of \(bytes.count) bytes")
        }
      }
    }
  }

  @Test(arguments: Codec.all)
  func `bytes after the end are refused`(codec: Codec) {
    for seed in 0..<24 as Range<UInt64> {
      if case .accepted = outcome(codec, codec.sample(seed) + [0]) {
        Issue.record("seed \(seed) is accepted with a byte more")
      }
    }
  }

  @Test(arguments: Codec.all)
  func `a flipped bit is refused or decodes to something that can be written again`(codec: Codec) {
    for seed in 0..<8 as Range<UInt64> {
      let bytes = codec.sample(seed)
      for bit in 0..<bytes.count * 8 {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        guard case .accepted(let again) = outcome(codec, flipped) else { continue }
        guard case .accepted(let third) = outcome(codec, again), third == again else {
          Issue.record("seed \(seed), bit \(bit): what was accepted is not stable")
          continue
        }
      }
    }
  }

  @Test(arguments: Codec.all)
  func `random bytes never trap`(codec: Codec) {
    var generator = Generator(seed: 99)
    var refused = 0
    for _ in 0..<4000 {
      var bytes = generator.bytes(upTo: 120)
      // Half of them begin like something real, so that the depths are reached too.
      if generator.flag() {
        bytes = Array(codec.sample(generator.next() % 500).prefix(generator.below(30))) + bytes
      }
      if case .refused = outcome(codec, bytes) { refused += 1 }
    }
    #expect(refused > 1000)
  }

  @Test func `a value has one spelling`() {
    var generator = Generator(seed: 5)
    let values = Codec.all.filter { $0.name == "value" }
    #expect(values.count == 1)
    for codec in values {
      for _ in 0..<20_000 {
        let bytes = generator.bytes(upTo: 12)
        if case .accepted(let again) = outcome(codec, bytes), again != bytes {
          Issue.record("\(bytes) is read as what is written \(again)")
        }
      }
    }
  }
}
