use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date(pub domain::Date);

/// A day of the calendar as a JSON string: `"2026-11-23"`, from the year 1000 to 9999. It has no time and no time zone:
/// show it as it is, and don't turn it into a moment.
#[Scalar(specified_by_url = "https://ibm.github.io/graphql-specs/custom-scalars/date.html")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => text.parse().map(Self).map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
