package import Datasets
import Synchronization

/// What the feed has grown by, and whom that concerns: of every event of somebody else most sessions need no page.
package struct FeedGrowth: Sendable {
  /// The feed's newest position; it is on the disk.
  package let end: UInt64
  /// Nil where it is not known any more: before the store was opened.
  let datasets: Set<DatasetName>?
  let nodes: Set<NodeName>
  let readers: FeedReaders

  /// Whether a page over the growth may hold anything for `node`.
  package func concerns(_ node: NodeName) -> Bool {
    guard let datasets else { return true }
    return nodes.contains(node) || datasets.contains { readers.reads(node, $0) }
  }
}

/// Up to where the feed holds anything of each dataset, and for each node alone, since the store was opened.
///
/// The writer notes it with each commit; callable from anywhere.
final class FeedMarks: Sendable {
  private struct State {
    var opened: UInt64?
    var end: UInt64 = 0
    var datasets: [DatasetName: UInt64] = [:]
    var nodes: [NodeName: UInt64] = [:]
  }

  private let state = Mutex(State())

  /// The first call counts: what is before is not known.
  func opened(at position: UInt64) {
    state.withLock { state in
      if state.opened == nil { (state.opened, state.end) = (position, position) }
    }
  }

  func grew(to end: UInt64, _ datasets: Set<DatasetName>, _ nodes: Set<NodeName>) {
    state.withLock { state in
      state.end = end
      for dataset in datasets { state.datasets[dataset] = end }
      for node in nodes { state.nodes[node] = end }
    }
  }

  /// - Returns: nil where the feed ends at `position`.
  func growth(after position: UInt64, _ readers: FeedReaders) -> FeedGrowth? {
    state.withLock { state in
      guard state.end > position else { return nil }
      let isKnown = position >= state.opened ?? .max
      return FeedGrowth(
        end: state.end, datasets: isKnown ? Set(state.datasets.filter { $1 > position }.keys) : nil,
        nodes: Set(state.nodes.filter { $1 > position }.keys), readers: readers)
    }
  }
}

/// Whose feed carries which datasets.
struct FeedReaders: Sendable {
  private var nodes: [DatasetName: Set<NodeName>] = [:]
  private var known: Set<NodeName> = []
  /// What a node without a profile reads.
  private var open: Set<DatasetName> = []

  init(_ catalogue: Catalogue) {
    known = Set(catalogue.profiles.keys)
    for (name, dataset) in catalogue.datasets {
      let definition = dataset.definition
      nodes[name] = known.filter { Self.carries(definition, catalogue.read($0, definition)) }
      if Self.carries(definition, catalogue.readByAnybody(definition)) { open.insert(name) }
    }
  }

  func reads(_ node: NodeName, _ dataset: DatasetName) -> Bool {
    known.contains(node) ? nodes[dataset]?.contains(node) ?? false : open.contains(dataset)
  }

  /// Events and samples lie in no region.
  static func carries(_ definition: DatasetDefinition, _ read: Access?) -> Bool {
    guard let read, !read.isEmpty else { return false }
    return definition.kind == .record || read.includes(scope: nil)
  }
}
