use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal(pub domain::Decimal);

/// An exact decimal number as a JSON string: `"12.50"`. Digits with at most one point and a sign, up to 38 digits; no
/// exponent and no thousands separators. It is never a JSON number, because those lose digits on their way
/// through floating point. Map it to a decimal type or to a string, not to a float.
#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => text.parse().map(Self).map_err(InputValueError::custom),
            Value::Number(_) => Err(InputValueError::custom(
                "Write a decimal number as a string, \"12.50\" in quotes: JSON numbers may lose digits.",
            )),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
