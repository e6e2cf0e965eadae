/// What a daemon that is played answers about its datasets.
enum RecordsFixture {
  static let datasets =
    #"{"datasets":[{"id":"population","kind":"record","version":1,"lane":"record","title":{"id":"Kependudukan","en":"Population"},"fields":["#
    + ["nik", "nama", "alamat", "rt"].map {
      #"{"name":"\#($0)","type":"text","title":{"id":"\#($0.uppercased())"},"required":false,"policy":"latest","personal":"none"}"#
    }.joined(separator: ",") + "]}]}"
}
