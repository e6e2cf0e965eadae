/// What is said of a name that stands for nothing: which one was most likely meant, and which there are.
package enum UnknownName {
  /// - Parameters:
  ///   - written: anybody's text.
  ///   - known: what there is, in any order.
  package static func dataset(_ written: String, among known: [String]) -> BilingualText {
    let name = HeaderSpelling.shown(written)
    let near = EditDistance.nearest(to: written, among: known)
    let all = known.sorted().joined(separator: ", ")
    return BilingualText(
      id: "Dataset '\(name)' tidak dikenal di sini." + (near.map { " Maksudnya '\($0)'?" } ?? "")
        + (all.isEmpty ? "" : " Yang ada: \(all)."),
      en: "There is no dataset '\(name)' here." + (near.map { " Did you mean '\($0)'?" } ?? "")
        + (all.isEmpty ? "" : " There are: \(all)."))
  }

  /// - Parameter known: the fields of a dataset.
  package static func field(_ written: String, among known: [String]) -> BilingualText {
    let name = HeaderSpelling.shown(written)
    let near = EditDistance.nearest(to: written.lowercased(), among: Set(known).sorted())
    return BilingualText(
      id: "Dataset ini tidak punya kolom '\(name)'." + (near.map { " Maksudnya '\($0)'?" } ?? ""),
      en: "This dataset has no field '\(name)'." + (near.map { " Did you mean '\($0)'?" } ?? ""))
  }

  /// - Parameter known: the offices of the fleet's files.
  package static func office(_ written: String, among known: [String]) -> BilingualText {
    let name = HeaderSpelling.shown(written)
    let near = EditDistance.nearest(to: written.lowercased(), among: known)
    return BilingualText(
      id: "Tidak ada kantor '\(name)' di berkas armada (agents/)." + (near.map { " Maksudnya '\($0)'?" } ?? "")
        + " Semua kantor: simpulctl nodes list --all.",
      en: "The fleet's files (agents/) have no office '\(name)'." + (near.map { " Did you mean '\($0)'?" } ?? "")
        + " All offices: simpulctl nodes list --all.")
  }
}
