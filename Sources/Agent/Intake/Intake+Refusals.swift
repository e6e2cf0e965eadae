import Collectors
import Datasets
import Sessions

extension Intake {
  static let bufferFull = IntakeRefusal(
    .bufferFull,
    message: BilingualText(
      id: "Tempat penyimpanan kantor penuh; data belum disimpan. Kosongkan disk atau naikkan buffer.quota.",
      en: "The office's buffer is full; nothing was kept. Free some disk or raise buffer.quota."))

  /// Trying out needs files of its own on the disk; an import may still find room in the store.
  static let noRoomToTry = IntakeRefusal(
    .bufferFull,
    message: BilingualText(
      id: "Disk kantor terlalu penuh untuk uji coba; tidak ada yang dicoba. Kosongkan disk, lalu ulangi.",
      en: "The office's disk is too full to try an import out; nothing was tried. Free some disk and repeat."))

  static let notJoinedYet = IntakeRefusal(
    .unavailable,
    message: BilingualText(
      id: "Kantor ini belum pernah tersambung ke pusat, sehingga kuncinya belum ada. Coba lagi setelah tersambung.",
      en: "This office has never been connected to the centre, so it has no fleet key. Try again once it has."))

  static func unknown(_ dataset: DatasetName, _ catalogue: Catalogue) -> IntakeRefusal {
    unknown(dataset.text, catalogue)
  }

  /// - Parameter written: as whoever sends it called the dataset.
  static func unknown(_ written: String, _ catalogue: Catalogue) -> IntakeRefusal {
    if catalogue.current.profile == nil {
      return IntakeRefusal(
        .unavailable,
        message: BilingualText(
          id: "Kantor ini belum menerima definisi data dari pusat. Coba lagi setelah tersambung.",
          en: "This office has not received its definitions from the centre. Try again once it is connected."))
    }
    return IntakeRefusal(
      .unknownDataset,
      message: UnknownName.dataset(written, among: catalogue.current.datasets.keys.map(\.text)))
  }

  static func notPermitted(_ definition: DatasetDefinition) -> IntakeRefusal {
    IntakeRefusal(
      .notPermitted,
      message: BilingualText(
        id: "Kantor ini tidak berwenang menulis data \(definition.title.indonesian).",
        en: "This office may not write \(definition.title.english) data."))
  }

  static let decidedAnew = IntakeRefusal(
    .unavailable,
    message: BilingualText(
      id: "Definisi data berubah selama uji coba. Ulangi uji cobanya.",
      en: "The dataset's definition changed while the import was tried. Try it again."))

  static let isTryingAlready = IntakeRefusal(
    .unavailable,
    message: BilingualText(
      id: "Uji coba impor lain sedang berjalan di kantor ini. Tunggu sampai selesai, lalu ulangi.",
      en: "Another import is being tried out at this office. Wait until it is over and repeat."))
}
