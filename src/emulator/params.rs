//! The parameters of a call: query and form are one set, scalars are text.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::reply::Refusal;

/// The parameters of one call by name, those of signing left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

/// Parameters that every V1 request carries and that no action reads.
const COMMON: &[&str] = &[
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
];

impl Params {
    /// The action's own parameters among `pairs`. Of a name given twice, the last value holds.
    pub(crate) fn of_action(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(
            pairs
                .into_iter()
                .filter(|(name, _)| !COMMON.contains(&name.as_str()))
                .collect(),
        )
    }

    /// The value of `name`; an empty one counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a parameter that the action cannot do without.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A boolean in any case: SDKs differ (`True`, `true`).
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.text(name)
            .map(|value| match value.to_ascii_lowercase().as_str() {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err(Refusal::invalid(name, "a boolean is expected")),
            })
            .transpose()
    }

    /// A boolean that the action cannot do without.
    pub(crate) fn required_boolean(&self, name: &str) -> Result<bool, Refusal> {
        self.boolean(name)?.ok_or_else(|| Refusal::missing(name))
    }

    /// A whole number of `range`.
    pub(crate) fn integer(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, Refusal> {
        self.text(name)
            .map(|value| match value.parse() {
                Ok(number) if range.contains(&number) => Ok(number),
                _ => {
                    let (low, high) = range.clone().into_inner();
                    Err(Refusal::invalid(
                        name,
                        &format!("a whole number from {low} to {high} is expected"),
                    ))
                }
            })
            .transpose()
    }

    /// A number, whole or not.
    pub(crate) fn number(&self, name: &str) -> Result<Option<serde_json::Number>, Refusal> {
        self.text(name)
            .map(|value| {
                serde_json::from_str(value).map_err(|_| Refusal::invalid(name, "a number is expected"))
            })
            .transpose()
    }

    /// One of `allowed`, spelled exactly so.
    pub(crate) fn one_of(
        &self,
        name: &str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, Refusal> {
        self.text(name)
            .map(|value| {
                allowed
                    .iter()
                    .find(|known| **known == value)
                    .copied()
                    .ok_or_else(|| Refusal::invalid(name, &format!("allowed are {}", allowed.join(", "))))
            })
            .transpose()
    }

    /// A list in one value, separated by commas.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.text(name).map(|value| {
            value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .collect()
        })
    }

    /// The values of a list sent as `name.1`, `name.2`, ..., in the order of their numbers. Some documents count
    /// from 0.
    pub(crate) fn indexed(&self, name: &str) -> Vec<&str> {
        self.members(name, "")
    }

    /// One member of each object of a list sent as `name.1.member`, with the number of its object.
    fn numbered(&self, name: &str, member: &str) -> Vec<(u32, &str)> {
        let mut found: Vec<(u32, &str)> = self
            .0
            .iter()
            .filter_map(|(known, value)| {
                let rest = known.strip_prefix(name)?.strip_prefix('.')?;
                let number = rest.strip_suffix(member)?;
                let number = if member.is_empty() {
                    number
                } else {
                    number.strip_suffix('.')?
                };
                Some((number.parse().ok()?, value.as_str()))
            })
            .collect();
        found.sort_by_key(|(number, _)| *number);
        found
    }

    fn members(&self, name: &str, member: &str) -> Vec<&str> {
        let found = self.numbered(name, member).into_iter();
        found.map(|(_, value)| value).collect()
    }

    /// The key and value of each `name.N.Key` and `name.N.Value`; a value that was not sent is `None`.
    pub(crate) fn keyed(&self, name: &str) -> Vec<(&str, Option<&str>)> {
        let values = self.numbered(name, "Value");
        self.numbered(name, "Key")
            .into_iter()
            .map(|(number, key)| {
                let value = values.iter().find(|(other, _)| *other == number);
                (key, value.map(|(_, value)| *value))
            })
            .collect()
    }

    /// Every name and value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The pairs of a query string or of a form body: `+` is a space, `%XX` a byte.
pub(crate) fn decode_form(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| {
        percent_decode_str(&part.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Params {
        Params::of_action(decode_form(text))
    }

    #[test]
    fn decodes_what_form_encoders_write() {
        let cases: [(&str, &[(&str, &str)]); 5] = [
            ("", &[]),
            ("a=1&b=2", &[("a", "1"), ("b", "2")]),
            (
                "name=it%27s+a+%2Atest%2A+~+job%2F1+%C3%A9",
                &[("name", "it's a *test* ~ job/1 é")],
            ),
            ("a&b=&&c==", &[("a", ""), ("b", ""), ("c", "=")]),
            ("p=p%40ss+w0rd%2B%26%3D", &[("p", "p@ss w0rd+&=")]),
        ];
        for (text, expected) in cases {
            let decoded = decode_form(text);
            let decoded: Vec<_> = decoded
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            assert_eq!(decoded, expected, "{text}");
        }
    }

    #[test]
    fn leaves_out_the_parameters_of_signing() {
        let params = params("Action=X&Signature=s&AccessKeyId=k&Timestamp=t&DtsJobId=j");
        assert_eq!(params.iter().collect::<Vec<_>>(), [("DtsJobId", "j")]);
    }

    #[test]
    fn refuses_with_the_code_of_the_parameter() {
        let params = params("Flag=True&No=FALSE&Odd=yes&Count=7&Big=99&Kind=rds&Empty=&List=a,%20b,,c");
        assert_eq!(params.boolean("Flag").unwrap(), Some(true));
        assert_eq!(params.boolean("No").unwrap(), Some(false));
        assert_eq!(params.boolean("Absent").unwrap(), None);
        assert_eq!(params.boolean("Odd").unwrap_err().code, "InvalidOdd");
        assert_eq!(params.integer("Count", 1..=9).unwrap(), Some(7));
        assert_eq!(params.integer("Big", 1..=9).unwrap_err().code, "InvalidBig");
        assert_eq!(params.integer("Odd", 1..=9).unwrap_err().code, "InvalidOdd");
        assert_eq!(params.one_of("Kind", &["RDS"]).unwrap_err().code, "InvalidKind");
        assert_eq!(params.required("Empty").unwrap_err().code, "MissingEmpty");
        assert_eq!(
            params.required("Absent").unwrap_err().message,
            "Absent is mandatory for this action."
        );
        assert_eq!(params.list("List").unwrap(), ["a", "b", "c"]);
    }

    #[test]
    fn lists_are_in_the_order_of_their_numbers() {
        let params = params("Id.10=c&Id.1=a&Id.2=b&Idx.1=z&Tag.1.Key=k&Tag.1.Value=&Tag.2.Key=l&Tag.x.Key=m");
        assert_eq!(params.indexed("Id"), ["a", "b", "c"]);
        assert_eq!(params.keyed("Tag"), [("k", Some("")), ("l", None)]);
        assert_eq!(params.indexed("Other"), [""; 0]);
    }
}
