import Datasets
import Simulation
import Testing

@Suite struct StoredBytesTests {
  @Test func `what was synced survives, and of the rest any part`() {
    var outcomes: Set<[UInt8]> = []
    for seed in 0..<200 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var file = StoredBytes()
      file.write([1, 2, 3, 4], at: 0)
      file.sync()
      file.write([9, 9], at: 1)
      file.write([7], at: 6)
      #expect(file.bytes == [1, 9, 9, 4, 0, 0, 7])
      #expect(!file.isSynced)
      file.losePower(&random)
      #expect(file.bytes.prefix(4).first == 1)
      #expect(file.isSynced)
      outcomes.insert(file.bytes)
    }
    // Nothing, the one, half of it, the other, both.
    #expect(outcomes.isSuperset(of: [[1, 2, 3, 4], [1, 9, 9, 4], [1, 9, 3, 4], [1, 2, 3, 4, 0, 0, 7]]))
    #expect(outcomes.contains([1, 9, 9, 4, 0, 0, 7]))
  }

  @Test func `what a sync failed for is read until the power goes, unless it is written and synced anew`() {
    var random = SplitMix64(seed: 1)
    var file = StoredBytes([1, 2, 3])
    file.write([9], at: 0)
    file.write([9], at: 2)
    file.failSync()
    file.sync()
    file.write([9], at: 2)
    file.sync()
    #expect(file.bytes == [9, 2, 9])
    file.losePower(&random)
    #expect(file.bytes == [1, 2, 9])
  }

  @Test func `a truncated file that was not synced may be long again`() {
    var sizes: Set<Int> = []
    for seed in 0..<20 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var file = StoredBytes([1, 2, 3])
      file.truncate(to: 1)
      #expect(file.bytes == [1])
      file.losePower(&random)
      sizes.insert(file.bytes.count)
    }
    #expect(sizes == [1, 3])
  }

  @Test func `a turned bit stays, synced or not`() {
    var random = SplitMix64(seed: 1)
    var file = StoredBytes([0, 0])
    file.flip(bit: 3, at: 1)
    file.flip(bit: 0, at: 5)
    file.losePower(&random)
    #expect(file.bytes == [0, 8])
  }
}
