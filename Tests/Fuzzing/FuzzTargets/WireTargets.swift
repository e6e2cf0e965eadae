import Datasets
import Replication
import Wire

extension FuzzTarget {
  /// What comes over the line and lies in the stores.
  static let wire: [FuzzTarget] = [
    codec("node-message") { bytes throws(WireError) in try NodeMessage(bytes: bytes).bytes },
    codec("centre-message") { bytes throws(WireError) in try CentreMessage(bytes: bytes).bytes },
    codec("entry") { bytes throws(WireError) in try Entry(bytes: bytes).bytes },
    codec("feed-records") { bytes throws(WireError) in try FeedRecords(bytes: bytes).bytes },
    codec("record-state") { bytes throws(WireError) in
      var registry = registry
      return try RecordState(bytes: bytes, registry: registry).bytes(registry: &registry)
    },
    codec("import-memory") { bytes throws(WireError) in
      var registry = registry
      return try ImportMemory(bytes: bytes, registry: registry).bytes(registry: &registry)
    },
    codec("entry-block") { bytes throws(WireError) in
      var block = ByteWriter()
      for range in try EntryBlock.ranges(in: bytes) { EntryBlock.append(Array(bytes[range]), to: &block) }
      return block.bytes
    },
  ]

  private static let registry = FieldRegistry(
    [FieldName.lifecycle, .aliasOf]
      + ["nik", "nama", "alamat", "rt", "rw", "kode_wilayah"].compactMap { FieldName($0) })

  /// Bytes that are accepted and written again are accepted as the same.
  private static func codec(
    _ name: String, _ reencode: @escaping @Sendable ([UInt8]) throws(WireError) -> [UInt8]
  ) -> FuzzTarget {
    FuzzTarget(name) { bytes throws(FuzzFinding) in
      let again: [UInt8]
      do { again = try reencode(bytes) } catch { return false }
      do {
        guard try reencode(again) == again else { throw FuzzFinding("\(name): written again it is another") }
      } catch let error as WireError {
        throw FuzzFinding("\(name): what was written is refused: \(error)")
      } catch {
        throw FuzzFinding("\(error)")
      }
      return true
    }
  }
}
