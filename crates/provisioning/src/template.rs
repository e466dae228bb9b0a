//! Values that the configuration composes from Deel's, with `{{ first_name }}` and the like.
//!
//! A template sees what is put into it and nothing else: no file, no other template, no environment, no clock. Fuel bounds how
//! long it may run.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use minijinja::value::Object;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};
use serde::{Deserialize, Serialize};

use crate::person::Person;
use crate::text::clean;
use crate::values::Effective;

/// Instructions that one rendering may take; a name joined from two parts takes about ten.
const FUEL: u64 = 10_000;
/// The longest template, in characters.
const LONGEST: usize = 4096;
/// The only template of its environment.
const NAME: &str = "t";

/// What a template may read. `custom` holds Deel's custom fields: `custom.Nickname`, `custom["T-shirt size"]`.
pub const TEMPLATE_VARIABLES: [&str; 15] = [
    "first_name",
    "last_name",
    "preferred_first_name",
    "preferred_last_name",
    "full_name",
    "work_email",
    "job_title",
    "department",
    "team",
    "location",
    "entity",
    "worker_type",
    "country",
    "start_date",
    "custom",
];

/// A template, checked and compiled. Equal to another of the same text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    source: Arc<str>,
    environment: Arc<Environment<'static>>,
}

/// Why a text is no template that may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// Nothing to render.
    #[error("the template is empty")]
    Empty,
    /// Over 4096 characters.
    #[error("the template has more than {LONGEST} characters")]
    TooLong,
    /// It cannot be read, or asks for something that there is not.
    #[error("line {line}: {what}")]
    Wrong {
        /// The line within the template.
        line: usize,
        /// What is wrong, in the words of the template engine.
        what: String,
    },
    /// A variable that templates do not have.
    #[error("there is no variable {name}")]
    UnknownVariable {
        /// The name.
        name: String,
    },
}

/// Why a template gives no value for a person. Never carries a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum TemplateProblem {
    /// Deel has no value for something that the template writes out.
    #[error("Deel has no value for something in its template")]
    Missing,
    /// The text that comes out is empty.
    #[error("its template gives an empty text")]
    Empty,
    /// It ran out of fuel.
    #[error("its template takes too long")]
    TooLong,
    /// Anything else, such as a filter that cannot take the value.
    #[error("its template cannot be worked out for this person")]
    Failed,
}

impl Template {
    /// Reads and checks a template.
    ///
    /// # Errors
    /// [`InvalidTemplate`]; its line counts from 1 within the template.
    pub fn parse(source: &str) -> Result<Self, InvalidTemplate> {
        if source.trim().is_empty() {
            return Err(InvalidTemplate::Empty);
        }
        if source.chars().count() > LONGEST {
            return Err(InvalidTemplate::TooLong);
        }
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(50);
        // Strict, but that `{% if team %}` may ask whether there is a value.
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let globals: Vec<String> = environment.globals().map(|(name, _)| name.to_owned()).collect();
        globals.iter().for_each(|name| environment.remove_global(name));
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| wrong(&error))?;
        let template = Self { source: source.into(), environment: Arc::new(environment) };
        template.try_out()?;
        Ok(template)
    }

    /// The template as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The variables it reads.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<String> {
        self.undeclared(false)
    }

    fn undeclared(&self, nested: bool) -> BTreeSet<String> {
        let template = self.environment.get_template(NAME);
        template
            .map(|template| template.undeclared_variables(nested).into_iter().collect())
            .unwrap_or_default()
    }

    /// Asks for nothing that there is not: neither variables nor filters, tests and functions. What depends on the values of a
    /// person cannot be known before.
    fn try_out(&self) -> Result<(), InvalidTemplate> {
        let known = |name: &String| TEMPLATE_VARIABLES.contains(&name.as_str());
        if let Some(name) = self.variables().into_iter().find(|name| !known(name)) {
            return Err(InvalidTemplate::UnknownVariable { name });
        }
        // A text has no fields: only `custom` has, and they are texts.
        let depth = |name: &String| name.matches('.').count() > usize::from(name.starts_with("custom."));
        if let Some(name) = self.undeclared(true).into_iter().find(depth) {
            return Err(InvalidTemplate::UnknownVariable { name });
        }
        let mut failed = None;
        for word in SAMPLES {
            match self.run(Value::from_object(SamplePerson(word))) {
                Err(error) if is_about_the_template(error.kind()) => return Err(wrong(&error)),
                // A value that is missing may well be there for somebody.
                Err(error) if error.kind() != ErrorKind::UndefinedError => failed = Some(error),
                _ => return Ok(()),
            }
        }
        // What fails whatever the values are fails for everybody.
        failed.map_or(Ok(()), |error| Err(wrong(&error)))
    }

    fn run(&self, values: Value) -> Result<String, minijinja::Error> {
        self.environment.get_template(NAME)?.render(values)
    }

    /// The text for a person, cleaned; never empty.
    ///
    /// # Errors
    /// [`TemplateProblem`].
    pub fn render(&self, values: &TemplateValues) -> Result<String, TemplateProblem> {
        let text = self.run(values.0.clone()).map_err(|error| match error.kind() {
            ErrorKind::UndefinedError => TemplateProblem::Missing,
            ErrorKind::OutOfFuel => TemplateProblem::TooLong,
            _ => TemplateProblem::Failed,
        })?;
        clean(&text).ok_or(TemplateProblem::Empty)
    }
}

/// A person as templates see them.
pub struct TemplateValues(Value);

impl TemplateValues {
    /// Deel's values, the person's own or those of the running employment; what Deel does not have is undefined.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        let effective = Effective::of(person);
        let text = |value: &Option<String>| value.as_deref().and_then(clean);
        let email = person.work_email.present().map(|email| email.to_send().to_owned());
        let carried = crate::values::CARRIED_NAMES
            .into_iter()
            .map(|(name, attribute)| (name, effective.value(attribute).and_then(clean)));
        let own = [
            ("first_name", text(&person.first_name)),
            ("last_name", text(&person.last_name)),
            ("preferred_first_name", text(&person.preferred_first_name)),
            ("preferred_last_name", text(&person.preferred_last_name)),
            ("full_name", text(&person.full_name)),
            ("work_email", email),
            ("country", effective.country().and_then(clean)),
            ("start_date", person.start_date.map(|day| day.to_string())),
        ];
        let texts =
            own.into_iter().chain(carried).filter_map(|(name, value)| Some((name, Value::from(value?))));
        let fields = person.custom.iter().flatten();
        let custom = fields.filter_map(|(name, value)| Some((name.clone(), Value::from(clean(value)?))));
        let custom = ("custom", Value::from_pairs(custom));
        Self(Value::from_pairs(texts.chain([custom])))
    }
}

impl fmt::Debug for TemplateValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TemplateValues([redacted])")
    }
}

/// A word, numbers, a day: among them there is one that a template which can be worked out at all can work with.
const SAMPLES: [&str; 4] = ["Sample", "7", "1234567890", "2026-01-31"];

/// Has every variable, with the same value but for the start date.
#[derive(Debug)]
struct SamplePerson(&'static str);

impl Object for SamplePerson {
    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        let name = name.as_str().filter(|name| TEMPLATE_VARIABLES.contains(name))?;
        Some(match name {
            "custom" => Value::from_object(Sample(self.0)),
            "start_date" => Value::from("2026-01-31"),
            _ => Value::from(self.0),
        })
    }
}

/// Has every custom field.
#[derive(Debug)]
struct Sample(&'static str);

impl Object for Sample {
    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Value::from(self.0))
    }
}

fn is_about_the_template(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::SyntaxError
            | ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownMethod
            | ErrorKind::TooManyArguments
            | ErrorKind::MissingArgument
            | ErrorKind::OutOfFuel
    )
}

fn wrong(error: &minijinja::Error) -> InvalidTemplate {
    let what = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too long".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    InvalidTemplate::Wrong { line: error.line().unwrap_or(1), what }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}
impl Eq for Template {}
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({:?})", self.source)
    }
}
impl TryFrom<String> for Template {
    type Error = InvalidTemplate;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}
impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ProfileId;

    fn refused(source: &str) -> String {
        Template::parse(source).unwrap_err().to_string()
    }

    fn person() -> Person {
        let mut person = Person::new(ProfileId::parse("p").unwrap());
        person.first_name = Some("Ada".to_owned());
        person.last_name = Some("Zed".to_owned());
        person.custom = Some([("T-shirt size".to_owned(), "M".to_owned())].into());
        person
    }

    fn rendered(source: &str) -> Result<String, TemplateProblem> {
        Template::parse(source).unwrap().render(&TemplateValues::of(&person()))
    }

    #[test]
    fn values_are_joined_and_cleaned() {
        assert_eq!(rendered("{{ last_name|upper }}, {{ first_name }}\n"), Ok("ZED, Ada".to_owned()));
        assert_eq!(rendered("{{ custom['T-shirt size'] }}"), Ok("M".to_owned()));
        assert_eq!(rendered("{% if team %}{{ team }}{% else %}none{% endif %}"), Ok("none".to_owned()));
        assert_eq!(rendered("{{ team|default('no team') }}"), Ok("no team".to_owned()));
        assert_eq!(rendered("<{{ first_name }}>&"), Ok("<Ada>&".to_owned()));
    }

    #[test]
    fn what_gives_no_value_says_why_without_one() {
        assert_eq!(rendered("{{ team }}"), Err(TemplateProblem::Missing));
        assert_eq!(rendered("{{ custom.Nickname }}"), Err(TemplateProblem::Missing));
        assert_eq!(rendered("{{ {'DE': 'Germany'}[country] }}"), Err(TemplateProblem::Missing));
        assert_eq!(rendered("{% if team %}{{ team }}{% endif %}"), Err(TemplateProblem::Empty));
        assert_eq!(rendered("{{ first_name|int }}"), Err(TemplateProblem::Failed));
    }

    /// What depends on a person's values is no error of the template, however it ends for a sample.
    #[test]
    fn a_template_that_fails_for_some_values_is_taken() {
        for text in [
            "{{ custom.Number|int }}",
            "{{ 10 / custom.Share|int }}",
            "{{ custom.Code|replace('Nr. ', '')|int }}",
            "{{ custom.Code[3:]|int }}",
            "{{ {'DE': 'Germany'}[country] }}",
            "{{ (custom.Level|split('_'))[1] }}",
            "{{ custom['Job level'] }}",
            "{{ custom.Born[:4]|int }}-{{ first_name }}",
        ] {
            assert!(Template::parse(text).is_ok(), "{text}");
        }
        let mut person = person();
        person.custom = Some([("Number".to_owned(), "7".to_owned())].into());
        let number = Template::parse("{{ custom.Number|int + 1 }}").unwrap();
        assert_eq!(number.render(&TemplateValues::of(&person)), Ok("8".to_owned()));
    }

    #[test]
    fn a_template_that_cannot_work_is_refused_with_its_line() {
        let long = "{% for a in first_name|list %}".repeat(8) + "x" + &"{% endfor %}".repeat(8);
        let wrong = [
            "  ",
            "a\n{{ first_name",
            "{{ frist_name }}",
            "{{ first_name|shout }}",
            "{{ range(10) }}",
            "{% include 'passwd' %}",
            &"{{ first_name }}".repeat(300),
            &long,
            "{{ 1 / 0 }}",
            "{{ first_name }}{{ 1 / 0 }}",
            "{{ first_name.upper }}",
            "{{ first_name }} {{ custom.Level.name }}",
            "{% set n = 'x'|int %}{{ first_name }}",
        ];
        insta::assert_snapshot!(wrong.map(refused).join("\n"), @r"
        the template is empty
        line 2: syntax error: unexpected end of input, expected end of variable block
        there is no variable frist_name
        line 1: unknown filter: filter shout is unknown
        there is no variable range
        line 1: syntax error: unknown statement include
        the template has more than 4096 characters
        line 1: it takes too long
        line 1: invalid operation: unable to calculate 1 / 0
        line 1: invalid operation: unable to calculate 1 / 0
        there is no variable first_name.upper
        there is no variable custom.Level.name
        line 1: invalid operation: invalid float literal
        ");
    }
}
