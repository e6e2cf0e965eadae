import Collectors
import Datasets

/// What three offices record in a month, day by day, and by that what the centre must hold of it in the end.
///
/// Sizes by docs/measurements.md; the month begins on a Monday, and on Saturdays and Sundays nobody comes to work.
struct MonthWork {
  /// A file that some program exports into an office's spool.
  struct File {
    let office: String
    /// Below the spool, as `SpoolAddress` reads it.
    let path: String
    let text: String
  }

  /// What a clerk writes into one field of one resident.
  struct Edit {
    let office: String
    let nik: String
    let field: String
    let value: String
  }

  struct Resident: Equatable {
    var name: String
    var address: String
    /// Written by the clerks of the district alone.
    var rw: String?
    /// Written by the clerks of the register alone.
    var rt: String?
  }

  /// Who records; the others are by their names in it.
  static let offices = ["setda", "kec-lalabata", "disdukcapil"]
  private static let registry = "disdukcapil"
  private static let district = "kec-lalabata"
  /// Who comes to work and lays a finger on the terminal, morning and evening.
  private static let staff = ["setda": 120, "kec-lalabata": 40, "disdukcapil": 60]
  private static let cameras = ["setda": 4, "kec-lalabata": 2]
  /// A camera is looked at every five minutes.
  private static let cameraIntervalSeconds = 300
  private static let cameraRounds = 288
  /// Residents whom an office's counter corrects in a day.
  private static let editsPerDay = 20
  private static let heading = "NIK;Nama;Tanggal Lahir;kode_wilayah;Alamat\n"
  private static let villages = ["73.12.04.1001", "73.12.04.1002", "73.12.04.1003"]

  private var random = SplitMix64(seed: 7312)
  /// In the order of the register's file.
  private var niks: [String] = []
  private(set) var residents: [String: Resident] = [:]
  /// The natural keys of scans as the centre's table has them, by office.
  private(set) var scans: [String: Set<String>] = [:]
  /// The same of looks at cameras.
  private(set) var looks: [String: Set<String>] = [:]
  /// Rows of scans and looks, new and changed residents, and edits.
  private(set) var recorded = 0

  init(residentCount: Int) {
    for _ in 0..<residentCount { moveIn() }
    recorded += residentCount
  }

  static func isWorkday(_ day: Int) -> Bool { (day - 1) % 7 < 5 }
  static func isSunday(_ day: Int) -> Bool { day.isMultiple(of: 7) }

  // MARK: Files

  /// What lies in the spools when the day begins: who came, what the cameras showed, the register's file of the month.
  mutating func morning(_ day: Int) -> [File] {
    var files = attendance(day, isMorning: true)
    for office in Self.offices { if let file = cameraFile(office, day) { files.append(file) } }
    files.append(register(day))
    return files
  }

  /// Who went home.
  mutating func evening(_ day: Int) -> [File] { attendance(day, isMorning: false) }

  private mutating func attendance(_ day: Int, isMorning: Bool) -> [File] {
    guard Self.isWorkday(day) else { return [] }
    return Self.offices.map { office in
      let status = isMorning ? 0 : 1
      var text = isMorning ? "" : "device,pin,time,status\n"
      for pin in 1...(Self.staff[office] ?? 1) {
        let second = Int64(isMorning ? 25_200 : 57_600) + Int64(random.next() % 3_600)
        let (device, time) = ("UJI-\(office)", Self.instant(day, second))
        text +=
          isMorning
          ? #"{"device":"\#(device)","pin":"\#(pin)","time":"\#(time)","status":\#(status)}"# + "\n"
          : "\(device),\(pin),\(time),\(status)\n"
        scans[office, default: []].insert("\(device) \(pin) \(time) \(status)")
        recorded += 1
      }
      return File(office: office, path: "attendance/\(day)-\(isMorning ? "in.ndjson" : "out.csv")", text: text)
    }
  }

  private mutating func cameraFile(_ office: String, _ day: Int) -> File? {
    guard let count = Self.cameras[office] else { return nil }
    let cameras = (1...count).map { "\(office)-\($0)" }
    var samples = SyntheticCameraSamples(
      seed: random.next(), cameras: cameras, start: Self.instant(day, 0).timestamp,
      intervalSeconds: Self.cameraIntervalSeconds, rounds: Self.cameraRounds)
    var bytes: [UInt8] = []
    while let round = samples.next() { bytes += round }
    for round in 0..<Self.cameraRounds {
      let time = Self.instant(day, Int64(round * Self.cameraIntervalSeconds))
      for camera in cameras { looks[office, default: []].insert("\(camera) \(time)") }
    }
    recorded += cameras.count * Self.cameraRounds
    return File(office: office, path: "camera/\(day).ndjson", text: String(decoding: bytes, as: UTF8.self))
  }

  /// The whole register once more: one in a hundred has moved within the district, and one resident is new.
  ///
  /// - Parameter day: 0 for the file with which all begins.
  mutating func register(_ day: Int) -> File {
    if day > 0 {
      for _ in 0..<max(1, niks.count / 100) {
        residents[pick()]?.address = "JL. PEMUDA NO. \(1 + random.next() % 400), \(day)"
        recorded += 1
      }
      moveIn()
      recorded += 1
    }
    let rows = niks.enumerated().map { index, nik in
      let resident = residents[nik]
      return "\(nik);\(resident?.name ?? "");\(Self.birthDate(index));\(Self.villages[index % Self.villages.count]);"
        + "\(resident?.address ?? "")\n"
    }
    return File(office: Self.registry, path: "population/siak/\(day).csv", text: Self.heading + rows.joined())
  }

  // MARK: Residents

  /// What the counters correct on a working day: each office fields of its own, so that the last word is known.
  mutating func edits(_ day: Int) -> [Edit] {
    guard Self.isWorkday(day) else { return [] }
    var edits: [Edit] = []
    for index in 0..<Self.editsPerDay {
      // No other edit of the month writes this.
      let value = String(day * Self.editsPerDay + index)
      let (first, second) = (pick(), pick())
      residents[first]?.rw = value
      residents[second]?.rt = value
      edits.append(Edit(office: Self.district, nik: first, field: "rw", value: value))
      edits.append(Edit(office: Self.registry, nik: second, field: "rt", value: value))
    }
    recorded += edits.count
    return edits
  }

  private mutating func pick() -> String { niks[Int(random.next() % UInt64(niks.count))] }

  /// Everybody has a birth date of their own: nobody is perhaps somebody else.
  private mutating func moveIn() {
    let index = niks.count
    let (year, month, day) = Self.birthDate(index).components
    let date = Self.twoDigits(day) + Self.twoDigits(month) + Self.twoDigits(year % 100)
    let nik = "731204\(date)\(String(10_001 + index % 9_999).suffix(4))"
    niks.append(nik)
    let names = ["ANDI", "BASO", "SITTI", "BESSE", "MUH.", "NUR", "HAJ.", "AMBO"]
    let name =
      "\(names[index % names.count]) \(["TENRI", "UPE", "AMINAH", "RAHMAN", "DALLE", "SAKKA", "MAPPA"][index % 7])"
    residents[nik] = Resident(name: name, address: "JL. MERDEKA NO. \(index + 1)")
  }

  /// Of the 25,000 days from 1950 on; 37 steps at a time meet each of them.
  private static func birthDate(_ index: Int) -> CalendarDate {
    CalendarDate(daysSinceEpoch: -7_305 + Int64(index * 37 % 25_000))
  }

  private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// - Parameter second: of the day.
  private static func instant(_ day: Int, _ second: Int64) -> ZonedInstant {
    // Midnight of Monday, 1 June 2026, in Soppeng.
    let midnight: Int64 = 1_780_243_200_000
    return ZonedInstant(
      timestamp: Timestamp(milliseconds: midnight + (Int64(day - 1) * 86_400 + second) * 1000),
      offsetMinutes: ZonedInstant.witaOffsetMinutes)
  }
}
