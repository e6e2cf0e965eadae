/// What the digits of a NIK say. It describes the first registration: moving or correcting a birth date does
/// not change a NIK.
package struct NIKReading: Sendable, Equatable {
  /// Where it was first registered; may be another regency, or a kecamatan that no longer exists.
  package let district: RegionCode
  package let isFemale: Bool
  /// Day, month and year of birth as DDMMYY; there is no century.
  package let birthDayMonthYear: String
  /// From 1.
  package let serial: Int

  /// - Returns: nil unless `CivilNumber.nik` takes it.
  package init?(_ text: String) {
    guard case .success(let number) = CivilNumber.nik(text), let district = RegionCode(number.prefix(6))
    else {
      return nil
    }
    let digits = number.utf8.map { Int($0) - Int(UInt8(ascii: "0")) }
    let day = digits[6] * 10 + digits[7]
    self.district = district
    isFemale = day > 40
    birthDayMonthYear =
      Decimal2.text(Int64(isFemale ? day - 40 : day)) + String(number.dropFirst(8).prefix(4))
    serial = digits[12...].reduce(0) { $0 * 10 + $1 }
  }

  /// Whether a person of this birth date and sex (`L`, `P`, nil = unknown) fits. A difference is a warning,
  /// never an error.
  package func agrees(birth: CalendarDate?, sex: String?) -> Bool {
    if let sex, sex != (isFemale ? "P" : "L") { return false }
    guard let birth else { return true }
    let (year, month, day) = birth.components
    let written = Decimal2.text(day) + Decimal2.text(month) + Decimal2.text(((year % 100) + 100) % 100)
    return written == birthDayMonthYear
  }
}

/// What the digits of a civil servant's number say.
package struct NIPReading: Sendable, Equatable {
  package let birth: CalendarDate
  /// `YYYY-MM` of the appointment; that of a PPPK number is no real month.
  package let appointment: String
  package let isFemale: Bool
  package let serial: Int

  /// - Returns: nil unless `CivilNumber.nip` takes it.
  package init?(_ text: String) {
    guard case .success(let number) = CivilNumber.nip(text) else { return nil }
    let digits = number.utf8.map { Int($0) - Int(UInt8(ascii: "0")) }
    func value(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
    guard let birth = CalendarDate(year: value(0..<4), month: value(4..<6), day: value(6..<8)) else {
      return nil
    }
    self.birth = birth
    appointment = "\(number.dropFirst(8).prefix(4))-\(number.dropFirst(12).prefix(2))"
    isFemale = digits[14] == 2
    serial = value(15..<18)
  }
}
