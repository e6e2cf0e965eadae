import CentreStorage
import Datasets
import Logging
import Machine

/// One notice per node and code is kept.
struct NoticeKey: Hashable, Sendable {
  let node: NodeName
  let code: NodeNotice.Code
}

/// What people at the centre are told of nodes that did not get in.
extension SessionHub {
  /// Somebody has a key that does not count any more: a disk that was replaced, stolen, or set back to before its key was
  /// renewed.
  func formerKeyRefused(_ name: String, address: String) {
    guard let node = NodeName(name) else { return }
    logger.warning("a revoked key knocked", metadata: ["node": "\(node)", "address": "\(address)"])
    note(
      .oldKey, of: node,
      BilingualText(
        id: "Komputer dengan kunci lama kantor ini mencoba masuk dari \(address) dan ditolak.",
        en: "A machine with an old key of this office knocked from \(address) and was refused."))
  }

  func noteDuplicate(of node: NodeName) {
    note(
      .duplicateSession, of: node,
      BilingualText(
        id: "Sesi kedua dengan kunci dan inkarnasi yang sama ditolak; yang pertama hidup.",
        en: "A second session of the same key and incarnation was refused; the first is alive."))
  }

  private func note(_ code: NodeNotice.Code, of node: NodeName, _ what: BilingualText) {
    keep(NodeNotice(node: node, code: code, what: what, at: MachineClock.wall(), count: 1))
  }

  /// The later word of two stands, with what both count.
  private func keep(_ notice: NodeNotice) {
    let key = NoticeKey(node: notice.node, code: notice.code)
    guard let known = notices[key] else {
      notices[key] = notice
      return
    }
    let latest = known.at > notice.at ? known : notice
    notices[key] = NodeNotice(
      node: latest.node, code: latest.code, what: latest.what, at: latest.at, count: known.count + notice.count)
  }

  func flushNotices() async {
    let waiting = notices.values.sorted { ($0.node, $0.code.rawValue) < ($1.node, $1.code.rawValue) }
    notices = [:]
    do { try await store.note(waiting, now: MachineClock.wall()) } catch {
      logger.error("what was noticed of nodes could not be stored: \(error)")
      // It is tried again with the next.
      for notice in waiting { keep(notice) }
    }
  }
}
