package import Datasets
package import Wire

/// What the centre makes of a batch's entries before it looks into them: place and chain.
package enum BatchCheck: Sendable, Equatable {
  /// The entries begin after a hole: answered with the applied position, the node goes back.
  case ahead
  /// Everything in it is applied already: answered with the applied position.
  case known
  /// It does not follow from what is applied: the peer is broken, hostile, or a copy of a machine (protocol.md).
  case broken(reason: String)
  case apply(BatchPlan)
}

/// The entries of a batch that are new, in order.
package struct BatchPlan: Sendable, Equatable {
  package struct Item: Sendable, Equatable {
    package let sequence: Datasets.Sequence
    /// Where the entry's bytes lie in the decompressed block.
    package let range: Range<Int>
  }

  /// Changes and occurrences, without gaps.
  package let items: [Item]
  package let gaps: [Gap]
  /// Position and head after the batch.
  package let end: StreamMark

  package init(items: [Item], gaps: [Gap], end: StreamMark) {
    self.items = items
    self.gaps = gaps
    self.end = end
  }
}

extension BatchCheck {
  /// Checks a batch against the stream's applied position.
  ///
  /// - Parameters:
  ///   - first: the batch's first sequence.
  ///   - last: the last sequence that it claims to reach.
  ///   - head: the head that it claims after `last`.
  ///   - block: the decompressed entries.
  ///   - applied: position and head of what is applied of this stream.
  package static func check(
    first: Datasets.Sequence, last: Datasets.Sequence, head: Hash256, block: [UInt8], applied: StreamMark
  ) -> BatchCheck {
    if first > applied.sequence.next { return .ahead }
    if last < applied.sequence { return .known }
    if last == applied.sequence {
      return head == applied.head ? .known : .broken(reason: "heads differ at \(last)")
    }
    do {
      return try plan(first: first, last: last, head: head, block: block, applied: applied)
    } catch {
      return .broken(reason: "entries of the batch from \(first): \(error)")
    }
  }

  private static func plan(
    first: Datasets.Sequence, last: Datasets.Sequence, head: Hash256, block: [UInt8], applied: StreamMark
  ) throws(WireError) -> BatchCheck {
    let ranges = try EntryBlock.ranges(in: block)
    var chain = StreamChain(at: applied)
    var items: [BatchPlan.Item] = []
    items.reserveCapacity(ranges.count)
    var gaps: [Gap] = []
    var next = first
    for range in ranges {
      if !range.isEmpty, block[range.lowerBound] == Entry.Kind.gap.rawValue {
        var reader = ByteReader(block, range: range.lowerBound + 1..<range.upperBound)
        let gap = try Gap(from: &reader)
        guard gap.first == next else { return .broken(reason: "a gap does not begin at \(next)") }
        if gap.last > applied.sequence {
          chain.append(gap)
          gaps.append(gap.after(applied.sequence))
        }
        next = gap.last.next
      } else {
        if next > applied.sequence {
          block.withUnsafeBytes { chain.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
          items.append(BatchPlan.Item(sequence: next, range: range))
        }
        next = next.next
      }
    }
    guard next == last.next, chain.last == last else {
      return .broken(reason: "the batch does not reach \(last)")
    }
    guard chain.head == head else { return .broken(reason: "the chain does not reach the head at \(last)") }
    return .apply(BatchPlan(items: items, gaps: gaps, end: chain.mark))
  }
}

extension Gap {
  /// The part of the gap behind `applied`: what is applied is not missing, and the ledger must not say that it is.
  func after(_ applied: Datasets.Sequence) -> Gap {
    let first = max(first, applied.next)
    guard first <= last else { return self }
    let places = last.value - first.value + 1
    return Gap(
      first: first, last: last, recordCount: min(recordCount, places), reason: reason, headAfter: headAfter)
      ?? self
  }
}
