import API
import Datasets

/// One field of one resident that both offices change without knowing of each other.
struct DemoEdit: Sendable, Equatable {
  var record: String
  var field: String
  var atKecamatan: JSONValue
  /// Nil: the population office deletes the record instead.
  var atRegister: JSONValue?
  var policy: String
  /// The field that the conflict is about.
  var conflictField: String
  /// What becomes of the conflict by the field's policy (merge.md): `open` or `settled`.
  var conflictState: String

  /// What the demo edits of these residents, a different one for each; empty when there are too few.
  static func plan(_ residents: [RecordReply]) -> [DemoEdit] {
    guard residents.count >= 5, case .string(let name)? = residents[1].fields["nama"] else { return [] }
    return [
      DemoEdit(
        record: residents[0].id, field: "alamat", atKecamatan: .string("JL. KEMAKMURAN NO. 5"),
        atRegister: .string("JL. PEMUDA NO. 12"), policy: "latest", conflictField: "alamat",
        conflictState: "settled"),
      DemoEdit(
        record: residents[1].id, field: "nama", atKecamatan: .string("\(name) BIN AMBO"),
        atRegister: .string("H. \(name)"), policy: "review", conflictField: "nama", conflictState: "open"),
      DemoEdit(
        record: residents[2].id, field: "status_hidup", atKecamatan: .string("pindah"),
        atRegister: .string("meninggal"), policy: "monotone", conflictField: "status_hidup",
        conflictState: "settled"),
      DemoEdit(
        record: residents[3].id, field: "deskripsi_pekerjaan", atKecamatan: .string("GURU HONORER SD"),
        atRegister: .string("GURU SD"), policy: "authority", conflictField: "deskripsi_pekerjaan",
        conflictState: "settled"),
      DemoEdit(
        record: residents[4].id, field: "telepon", atKecamatan: .string("081234567890"), atRegister: nil,
        policy: "review", conflictField: "lifecycle", conflictState: "open"),
    ]
  }
}
