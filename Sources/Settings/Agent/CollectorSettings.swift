package import Datasets

extension AgentSettings {
  /// `[collectors]`: what fills datasets at this office.
  package struct Collectors: Sendable, Equatable {
    /// `[collectors.attendance]`. Default nil: no terminals are served.
    package var attendance: Attendance?
    /// `[[collectors.camera]]`, in the order of the file. Default none.
    package var cameras: [Camera] = []

    package init() {}
  }

  /// `[collectors.attendance]`: terminals that push their punches.
  package struct Attendance: Sendable, Equatable {
    /// `listen`, required: what the terminals are told to call.
    package var listen: HostPort
    /// `allow`: serial numbers whose punches count, besides the terminals adopted by command. Default none.
    package var allow: [TerminalSerial] = []

    package init(listen: HostPort) { self.listen = listen }
  }

  /// One `[[collectors.camera]]`: a camera whose stream is looked at from time to time.
  package struct Camera: Sendable, Equatable {
    /// `id`, required: the value of `camera` in the samples, unique at this office.
    package var id: String
    /// `url`, required: `rtsp://host[:port]/path`, without user and password.
    package var url: String
    /// `credentials`: a path or a systemd credential that holds `user:password`. Default nil: none needed.
    package var credentials: String?
    /// `interval` between looks. Default 60 s, at least 1 s.
    package var interval = Duration.seconds(60)

    package init(id: String, url: String) {
      self.id = id
      self.url = url
    }
  }
}
