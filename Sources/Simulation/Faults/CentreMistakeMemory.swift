import Datasets
import Sessions
import Wire

/// What mistakes of the centre remember, until its disk goes back to an earlier time.
struct CentreMistakeMemory {
  private var latest: [RecordPlace: [FieldName: Sibling]] = [:]
  private var stamps: [DatasetName: [Dot: Timestamp]] = [:]
  /// As far as streams are applied, as the centre has said it.
  private var applied: [DatasetName: [Author: StreamMark]] = [:]

  mutating func note(_ ack: Ack, of node: NodeName) {
    applied[ack.dataset, default: [:]][Author(node: node, incarnation: ack.incarnation)] = ack.applied
  }

  /// Where the batch goes on, if that is where its stream stands.
  func applied(_ order: BatchOrder) -> StreamMark? {
    let author = Author(node: order.node, incarnation: order.batch.incarnation)
    let mark = applied[order.batch.dataset]?[author]
    return mark?.sequence.next == order.batch.first ? mark : nil
  }

  /// Of what the feed has carried for the field, the latest by the clock.
  mutating func latest(of place: RecordPlace, _ field: FieldName, _ state: FieldState) -> [Sibling] {
    let before = latest[place]?[field].map { [$0] } ?? []
    guard let newest = (before + state.siblings).max(by: { $0.time < $1.time }) else { return [] }
    latest[place, default: [:]][field] = newest
    return [newest]
  }

  /// The change as if it had been made when the feed first carried it.
  mutating func stamped(_ sibling: Sibling, of dataset: DatasetName, at now: Timestamp) -> Sibling {
    let time = stamps[dataset]?[sibling.dot] ?? now
    stamps[dataset, default: [:]][sibling.dot] = time
    return Sibling(dot: sibling.dot, value: sibling.value, time: time, isSuspect: sibling.isSuspect)
  }
}
