package import Datasets

/// Why the service's user will not get a data directory that root gets, and what to do.
package struct ServiceObstacle: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// The directory is there and another user's.
    case owner
    /// It may not go through this directory above.
    case entering(String)
    /// The directory is not there, and it may make none in this one.
    case making(in: String)
  }

  let kind: Kind
  let path: String
  let user: String

  init(_ kind: Kind, _ path: String, user: String) {
    self.kind = kind
    self.path = path
    self.user = user
  }

  package var text: BilingualText {
    switch kind {
    case .owner:
      BilingualText(
        id: "direktori \(path) bukan milik pengguna \(user): layanan yang berjalan sebagai \(user) akan menolaknya; "
          + "jalankan chown -R \(user): \(path)",
        en:
          "the directory \(path) is not the user \(user)'s: a service that runs as \(user) will refuse it; run chown -R "
          + "\(user): \(path)")
    case .entering(let above):
      BilingualText(
        id: "pengguna \(user) tidak boleh melewati direktori \(above), sehingga layanan tidak mendapat \(path); ganti "
          + "data_dir, atau jalankan chmod o+x \(above)",
        en: "the user \(user) may not go through the directory \(above), so the service will not get \(path); change "
          + "data_dir, or run chmod o+x \(above)")
    case .making(let above):
      BilingualText(
        id: "direktori \(path) belum ada, dan pengguna \(user) tidak boleh membuatnya di \(above); jalankan install -d "
          + "-o \(user) -m 700 \(path)",
        en: "the directory \(path) is not there, and the user \(user) may not make it in \(above); run install -d -o "
          + "\(user) -m 700 \(path)")
    }
  }
}
