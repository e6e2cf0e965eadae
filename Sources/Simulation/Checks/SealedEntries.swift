import Compression
import Datasets
import Replication
import Sessions
import Wire

/// What the offices' disks have sealed, kept outside of everything that can lose it: the centre has nothing else of them, and
/// says nothing else of them.
final class SealedEntries {
  private struct Stream: Hashable {
    let node: NodeName
    let dataset: DatasetName
  }

  private struct Time: Hashable {
    let effective: Timestamp
    let isSuspect: Bool
  }

  private struct FieldEdit: Hashable {
    let dot: Dot
    let saw: Context
  }

  /// Heads after each entry; several where more than one disk has spoken for the office.
  private var heads: [Stream: [Datasets.Sequence: Set<Hash256>]] = [:]
  private var times: [DatasetName: [Dot: Set<Time>]] = [:]
  private var edits: [RecordPlace: [FieldName: Set<FieldEdit>]] = [:]

  /// An office's store has carried out an order of its session.
  func heard(_ office: Office, _ order: StoreOrder, _ outcomes: [StoreWork.Outcome]) {
    do {
      for case .happened(.batchLoaded(let batch)) in outcomes { try note(batch, of: office.name) }
      switch order {
      case .storeAck(let ack, _): checkHead(office, ack)
      case .applyFeed(let feed): try check(feed.part, office)
      default: break
      }
    } catch {
      office.world.violated("\(office.name): what it sent or was sent cannot be read: \(error)")
    }
  }

  // MARK: What is sealed

  private func note(_ batch: NodeSession.LoadedBatch, of node: NodeName) throws {
    let stream = Stream(node: node, dataset: batch.dataset)
    let author = Author(node: node, incarnation: batch.incarnation)
    let before = batch.first.previous
    let known = before == .none ? [.zero] : heads[stream]?[before] ?? []
    var chains = known.map { StreamChain(at: StreamMark(sequence: before, head: $0)) }
    var passed = chains.map { _ in [StreamMark]() }
    var next = batch.first
    for (entry, bytes) in try Self.entries(batch.entries) {
      for index in chains.indices {
        if case .gap(let gap) = entry { chains[index].append(gap) } else { chains[index].append(bytes) }
        passed[index].append(chains[index].mark)
      }
      next = note(entry, Dot(author: author, sequence: next), batch.dataset)
    }
    // Of several disks' heads before the batch, that of the disk which sealed it leads to its own.
    for (chain, marks) in zip(chains, passed) where chain.head == batch.head {
      for mark in marks { heads[stream, default: [:]][mark.sequence, default: []].insert(mark.head) }
    }
    heads[stream, default: [:]][batch.last, default: []].insert(batch.head)
  }

  /// - Returns: the number behind the entry.
  private func note(_ entry: Entry, _ dot: Dot, _ dataset: DatasetName) -> Datasets.Sequence {
    switch entry {
    case .gap(let gap): return gap.last.next
    case .occurrence(let seal, _): note(seal, dot, dataset)
    case .change(let seal, let change):
      note(seal, dot, dataset)
      let place = RecordPlace(dataset: dataset, record: change.record)
      for edit in change.edits {
        edits[place, default: [:]][edit.field, default: []].insert(FieldEdit(dot: dot, saw: edit.saw))
      }
    }
    return dot.sequence.next
  }

  private func note(_ seal: Seal, _ dot: Dot, _ dataset: DatasetName) {
    times[dataset, default: [:]][dot, default: []].insert(
      Time(effective: seal.effective, isSuspect: seal.isSuspect))
  }

  // MARK: What the centre says

  /// The chain: what the centre has applied is what a disk of the office has sealed, up to the last byte.
  private func checkHead(_ office: Office, _ ack: Ack) {
    let known = heads[Stream(node: office.name, dataset: ack.dataset)]?[ack.applied.sequence]
    if let known, !known.contains(ack.applied.head) {
      office.world.violated(
        "\(office.name): the centre has another \(ack.dataset) up to \(ack.applied.sequence) than was sealed")
    }
  }

  private func check(_ part: Feed.Part, _ office: Office) throws {
    switch part {
    case .nothing, .verdicts: return
    case .records(let dataset, let compressed):
      let bytes = try Zstandard.decompress(compressed.bytes, rawCount: compressed.rawCount)
      let records = try FeedRecords(bytes: bytes)
      for case .state(let id, let bytes) in records.items {
        let place = RecordPlace(dataset: dataset, record: id)
        for field in try RecordState(bytes: bytes, registry: records.registry).fields {
          for sibling in field.state.siblings {
            checkTime(office, dataset, sibling.dot, Time(effective: sibling.time, isSuspect: sibling.isSuspect))
          }
          checkSiblings(office, place, field)
        }
      }
    case .occurrences(let run):
      var next = run.first
      for (entry, _) in try Self.entries(run.entries) {
        switch entry {
        case .gap(let gap): next = gap.last
        case .occurrence(let seal, _), .change(let seal, _):
          checkTime(
            office, run.dataset, Dot(author: run.author, sequence: next),
            Time(effective: seal.effective, isSuspect: seal.isSuspect))
        }
        next = next.next
      }
    }
  }

  /// When a change was made is sealed with it, and nobody else stamps it (protocol.md, "Time").
  private func checkTime(_ office: Office, _ dataset: DatasetName, _ dot: Dot, _ time: Time) {
    guard dot.author.node != .centre else { return }
    guard let sealed = times[dataset]?[dot] else {
      return office.world.violated("\(office.name) is told \(dataset) \(dot), which nobody has sealed")
    }
    if !sealed.contains(time) {
      office.world.violated("\(office.name) is told of \(dataset) \(dot) another time than was sealed")
    }
  }

  /// A field's siblings are those of the changes in its context that no other one there has seen (merge.md), whatever the
  /// clocks of their authors said.
  private func checkSiblings(_ office: Office, _ place: RecordPlace, _ field: RecordState.Field) {
    // What a restored centre has lost has seen nothing there.
    guard !office.world.promises.mayMissChanges, !["lifecycle", "alias_of"].contains(field.name.text) else { return }
    let known = (edits[place]?[field.name] ?? []).filter { field.state.context.covers($0.dot) }
    let unseen = Set(known.filter { one in !known.contains { $0.saw.covers(one.dot) } }.map(\.dot))
    let told = Set(field.state.siblings.map(\.dot).filter { $0.author.node != .centre })
    if unseen != told {
      office.world.violated(
        "\(office.name) is told \(field.name) of \(place.record) with \(told.sorted()), nobody has seen \(unseen.sorted())"
      )
    }
  }

  private static func entries(_ compressed: CompressedBytes) throws -> [(entry: Entry, bytes: [UInt8])] {
    let block = try Zstandard.decompress(compressed.bytes, rawCount: compressed.rawCount)
    return try EntryBlock.ranges(in: block).map { range in
      let bytes = Array(block[range])
      return (try Entry(bytes: bytes), bytes)
    }
  }
}
