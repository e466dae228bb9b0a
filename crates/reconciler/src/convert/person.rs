use super::ConvertError;
use deel::{EmploymentRecord, PersonRecord};
use provisioning::{EmailState, Employment, Person, ProfileId, Status, Text};

/// Where the person's own last day of work can stand in Deel's record.
const LAST_DAY_FIELDS: [&str; 4] = [
    "termination_last_day",
    "direct_employee_termination_last_day",
    "worker_termination_last_date_of_work",
    "last_day_of_work_local_date",
];

/// Reads Deel's record of a person.
pub(crate) fn person(record: PersonRecord) -> Result<Person, ConvertError> {
    let id = ProfileId::parse(record.id.as_deref().unwrap_or_default()).map_err(ConvertError::PersonId)?;
    if record.last_day.is_none()
        && let Some(field) = record.unreadable.iter().copied().find(|field| LAST_DAY_FIELDS.contains(field))
    {
        return Err(ConvertError::LastDay { person: id.to_string(), field });
    }
    let work_email = EmailState::parse(record.work_email());
    Ok(Person {
        id,
        first_name: record.first_name,
        last_name: record.last_name,
        preferred_first_name: record.preferred_first_name,
        preferred_last_name: record.preferred_last_name,
        full_name: record.full_name,
        work_email,
        status: Status::parse(record.status.as_deref()),
        start_date: record.start_date,
        last_day: record.last_day,
        job_title: record.job_title.map(Text::from),
        department: record.department.map(Text::from),
        location: record.work_location.map(Text::from),
        team: record.team.map(Text::from),
        worker_type: record.hiring_type.map(Text::from),
        entity: record.entity.and_then(|entity| entity.name).map(Text::from),
        country: record.country.map(Text::from),
        timezone: record.timezone.map(Text::from),
        // What cannot be an id names nobody.
        manager: record.manager.as_deref().and_then(|id| ProfileId::parse(id).ok()),
        custom: record.custom_fields,
        employments: record.employments.into_iter().map(employment).collect(),
    })
}

fn employment(record: EmploymentRecord) -> Employment {
    Employment {
        id: record.id.unwrap_or_default(),
        start_date: record.start_date,
        // Unclear stays unclear: `None` is never evidence that someone left.
        ended: record.is_ended,
        status: Status::parse(record.status.as_deref()),
        last_day: record.last_day,
        job_title: record.job_title.map(Text::from),
        team: record.team.map(Text::from),
        entity: record.entity.and_then(|entity| entity.name).map(Text::from),
        worker_type: record.hiring_type.map(Text::from),
        department: record.department.map(Text::from),
        location: record.work_location.map(Text::from),
        country: record.country.map(Text::from),
        timezone: record.timezone.map(Text::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> PersonRecord {
        PersonRecord {
            id: Some("DFD65727-E0F2-4E2E-94E3-91A19962D446".to_owned()),
            ..PersonRecord::default()
        }
    }

    #[test]
    fn a_record_of_nothing_but_an_id_is_a_person() {
        let ada = person(record()).unwrap();
        assert_eq!(ada.id.as_str(), "dfd65727-e0f2-4e2e-94e3-91a19962d446");
        assert_eq!(ada.status, Status::Missing);
    }

    #[test]
    fn without_an_id_there_is_no_person() {
        let nobody = PersonRecord::default();
        assert!(matches!(person(nobody), Err(ConvertError::PersonId(_))));
    }

    #[test]
    fn an_unreadable_last_day_is_an_error_that_names_id_and_field() {
        let odd = PersonRecord { unreadable: vec!["termination_last_day"], ..record() };
        let error = person(odd).unwrap_err().to_string();
        assert!(error.contains("dfd65727") && error.contains("termination_last_day"), "{error}");
    }
}
