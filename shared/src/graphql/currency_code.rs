use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::currency::Currency;

/// The scalar `CurrencyCode` of every subgraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyCode(pub Currency);

/// A currency of ISO 4217 as three capital letters in a JSON string: `"EUR"`. Every currency that has a smallest unit
/// is one, also those that were replaced by another since. Metals, units of account and test codes are not.
#[Scalar(specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Currency::from_code(&text)
                .map(Self)
                .map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.code().to_owned())
    }
}
