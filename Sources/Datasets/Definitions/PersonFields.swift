/// Which fields of a record say who a person is: by these, duplicates are looked for.
package struct PersonFields: Sendable, Equatable {
  /// The number that one person alone has, such as a NIK.
  package var number: FieldName?
  package var name: FieldName
  package var birthDate: FieldName?
  package var mother: FieldName?
  package var sex: FieldName?

  package init(
    number: FieldName? = nil, name: FieldName, birthDate: FieldName? = nil, mother: FieldName? = nil,
    sex: FieldName? = nil
  ) {
    self.number = number
    self.name = name
    self.birthDate = birthDate
    self.mother = mother
    self.sex = sex
  }

  /// Those that there are, with the key each has in a definition's `[person]`.
  package var named: [(key: String, field: FieldName)] {
    [("number", number), ("name", name), ("birth_date", birthDate), ("mother", mother), ("sex", sex)]
      .compactMap { key, field in field.map { (key, $0) } }
  }
}
