package import Datasets

extension AgentSettings {
  /// That the settings of the file `path` are right, in their language.
  package func praise(of path: String) -> String {
    BilingualText(id: "Pengaturan di \(path) benar.", en: "The settings in \(path) are right.")(language)
  }

  /// What an office that has not joined lacks in `[aggregator]`; nil when nothing is missing.
  package var notJoined: BilingualText? {
    if !aggregator.endpoints.isEmpty, aggregator.publicKey != nil { return nil }
    let missing = aggregator.endpoints.isEmpty ? "endpoints" : "public_key"
    return BilingualText(
      id: "kantor ini belum bergabung: aggregator.\(missing) belum ada; "
        + "jalankan simpul-agent join --config BERKAS UNDANGAN",
      en: "this office has not joined: aggregator.\(missing) is missing; "
        + "run simpul-agent join --config FILE INVITATION")
  }

  /// The settings in force, defaults included, as a file that gives the same settings again.
  ///
  /// Secrets are not in it, because they are never in settings: only the names of their files are.
  package var effectiveText: String {
    var text = TOMLText()
    text.set("node", node.text)
    text.set("data_dir", dataDirectory)
    text.set("admin_socket", adminSocket)
    text.set("language", language.rawValue)
    text.set("log_level", logLevel.rawValue)
    text.table("aggregator")
    if aggregator.endpoints.isEmpty { text.comment("no endpoints: simpul-agent join writes them") }
    text.set("endpoints", aggregator.endpoints.map(\.description))
    if let key = aggregator.publicKey { text.set("public_key", key.text) }
    text.table("http")
    if let listen = http.listen {
      text.set("listen", listen.description)
    } else {
      text.comment("no listen: served on the admin socket only")
    }
    text.table("buffer")
    text.set("quota", buffer.quota.description)
    text.set("reserve", buffer.reserve.description)
    text.set("retain_acknowledged", DurationText.text(buffer.retainAcknowledged))
    text.table("spool")
    if let directory = spool.directory {
      text.set("directory", directory)
    } else {
      text.comment("no directory: no files are taken in")
    }
    text.set("settle", DurationText.text(spool.settle))
    text.set("attlog_verify_first", spool.attlogVerifyFirst)
    collectors.write(to: &text)
    text.table("replication")
    text.set("heartbeat", DurationText.text(replication.heartbeat))
    text.set("silence_limit", DurationText.text(replication.silenceLimit))
    text.set("batch_bytes_max", replication.batchBytesMax.description)
    text.set("reconnect_min", DurationText.text(replication.reconnectMin))
    text.set("reconnect_max", DurationText.text(replication.reconnectMax))
    return text.text
  }
}

extension AgentSettings.Collectors {
  fileprivate func write(to text: inout TOMLText) {
    if let attendance {
      text.table("collectors", "attendance")
      text.set("listen", attendance.listen.description)
      text.set("allow", attendance.allow.map(\.text))
    }
    for camera in cameras {
      text.element("collectors", "camera")
      text.set("id", camera.id)
      text.set("url", camera.url)
      if let credentials = camera.credentials { text.set("credentials", credentials) }
      text.set("interval", DurationText.text(camera.interval))
    }
  }
}
