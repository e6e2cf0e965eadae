import Foundation

/// The user that the systemd units run a daemon as: for root, who is refused nothing, and asks what the daemon will be.
package struct ServiceUser: Sendable {
  package let name: String
  let uid: uid_t
  let group: gid_t

  package init(name: String, uid: UInt32, group: UInt32) {
    self.name = name
    self.uid = uid
    self.group = group
  }

  /// - Returns: nil where this machine has no such user, as before the package is installed.
  package init?(named name: String) {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    let size = 16 << 10
    var buffer = [CChar](repeating: 0, count: size)
    guard getpwnam_r(name, &entry, &buffer, size, &found) == 0, found != nil else { return nil }
    self.init(name: name, uid: entry.pw_uid, group: entry.pw_gid)
  }

  /// What keeps this user from a data directory (`MachineFacts.makePrivateDirectory`); nil where nothing does, or where it
  /// cannot be told. Nothing is changed.
  ///
  /// It goes by owner, the user's first group and mode; an access control list may say otherwise.
  /// - Parameter path: absolute.
  package func obstacle(to path: String) -> ServiceObstacle? {
    var above: (path: String, status: stat)?
    for place in Self.places(downTo: path) {
      var status = stat()
      if stat(place, &status) != 0 {
        guard errno == ENOENT, let above else { return nil }
        return may(0o2, above.status) ? nil : ServiceObstacle(.making(in: above.path), path, user: name)
      }
      if place == path {
        return status.st_uid == uid ? nil : ServiceObstacle(.owner, path, user: name)
      }
      guard may(0o1, status) else { return ServiceObstacle(.entering(place), path, user: name) }
      above = (place, status)
    }
    return nil
  }

  /// - Parameter right: as others have it in a mode.
  private func may(_ right: mode_t, _ status: stat) -> Bool {
    let shift: mode_t = status.st_uid == uid ? 6 : group == status.st_gid ? 3 : 0
    return uid == 0 || status.st_mode & (right << shift) != 0
  }

  /// The directories that lead to `path`, from the root on, and itself.
  private static func places(downTo path: String) -> [String] {
    var places = [path]
    while let place = places.last, place.count > 1 {
      places.append(URL(fileURLWithPath: place).deletingLastPathComponent().path)
    }
    return places.reversed()
  }
}
