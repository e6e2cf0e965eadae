import Datasets

extension AggregatorSettings {
  /// That the settings of the file `path` are right, in their language.
  package func praise(of path: String) -> String {
    BilingualText(id: "Pengaturan di \(path) benar.", en: "The settings in \(path) are right.")(language)
  }

  /// The settings in force, defaults included, as a file that gives the same settings again. No secrets in it.
  package var effectiveText: String {
    var text = TOMLText()
    text.set("data_dir", dataDirectory)
    text.set("admin_socket", adminSocket)
    text.set("language", language.rawValue)
    text.set("log_level", logLevel.rawValue)
    text.table("replication")
    text.set("listen", replication.listen.description)
    if replication.advertise.isEmpty { text.comment("no advertise: invitations name the address of listen") }
    text.set("advertise", replication.advertise.map(\.description))
    text.set("silence_limit", DurationText.text(replication.silenceLimit))
    text.set("peer_credit_bytes", replication.peerCredit.description)
    text.table("http")
    if let listen = http.listen {
      text.set("listen", listen.description)
    } else {
      text.comment("no listen: served on the admin socket only")
    }
    text.table("datasets")
    text.set("directory", datasets.directory)
    text.table("fleet")
    text.set("directory", fleet.directory)
    return text.text
  }
}
