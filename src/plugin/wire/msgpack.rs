//! Msgpack as Terraform writes it.
//!
//! Unknown is an extension, of any kind; a number is an integer, a float or, where neither is exact,
//! decimal text; an object has exactly the members of its type; a value of dynamic type is a pair of
//! its type, in JSON, and itself.

use std::convert::Infallible;

use rmp::Marker;
use rmp::encode::buffer::ByteBuf;
use rmp::encode::{
    ValueWriteError, write_array_len, write_bin, write_bool, write_map_len, write_nil, write_sint, write_str,
};

use super::{DecodeError, MAX_DEPTH, name};
use crate::framework::{Number, Object, Step, Type, Value};

/// How Terraform writes a value that is not known yet, when nothing else is known of it.
const UNKNOWN: [u8; 3] = [0xd4, 0x00, 0x00];

/// The longest text that is read as a number. Terraform's own numbers have 155 digits at most behind
/// the point.
const MAX_NUMBER: usize = 4096;

/// Writes `value` as type `ty`: the same value always as the same bytes, members sorted by name, each
/// element of a set once.
///
/// This cannot fail. A value that does not fit its type is written as null, so states go through
/// [`conform`](crate::framework::conform::conform) first, which tells.
pub fn encode(ty: &Type, value: &Value) -> Vec<u8> {
    let mut out = ByteBuf::new();
    write(&mut out, ty, value);
    out.into_vec()
}

fn write(out: &mut ByteBuf, ty: &Type, value: &Value) {
    match (ty, value) {
        (_, Value::Unknown) => out.as_mut_vec().extend_from_slice(&UNKNOWN),
        (Type::Bool, Value::Bool(value)) => match write_bool(out, *value) {
            Ok(()) => {}
            Err(never) => match never {},
        },
        (Type::Number, Value::Number(number)) => match number.as_i64() {
            Some(integer) => sure(write_sint(out, integer).map(drop)),
            None => sure(write_str(out, &number.to_string())),
        },
        (Type::String, Value::String(text)) => sure(write_str(out, text)),
        (Type::List(of), Value::List(items)) => {
            write_count(out, items.len(), Kind::Array);
            for item in items {
                write(out, of, item);
            }
        }
        (Type::Set(of), Value::List(items)) => {
            // Equal elements are equal bytes, and far cheaper to compare.
            let mut unique: Vec<Vec<u8>> = Vec::with_capacity(items.len());
            for item in items {
                unique.push(encode(of, item));
            }
            let mut seen = std::collections::HashSet::new();
            let kept: Vec<&Vec<u8>> = unique
                .iter()
                // What is unknown may yet become anything: two unknown elements are two.
                .filter(|bytes| bytes.as_slice() == UNKNOWN || seen.insert(*bytes))
                .collect();
            write_count(out, kept.len(), Kind::Array);
            for bytes in kept {
                out.as_mut_vec().extend_from_slice(bytes);
            }
        }
        (Type::Tuple(types), Value::List(items)) => {
            write_count(out, types.len(), Kind::Array);
            for (index, ty) in types.iter().enumerate() {
                write(out, ty, items.get(index).unwrap_or(&Value::Null));
            }
        }
        (Type::Map(of), Value::Map(members)) => {
            write_count(out, members.len(), Kind::Map);
            for (key, member) in members.iter() {
                sure(write_str(out, key));
                write(out, of, member);
            }
        }
        (Type::Object(types), Value::Map(members)) => {
            write_count(out, types.len(), Kind::Map);
            for (key, ty) in types {
                sure(write_str(out, key));
                write(out, ty, members.get(key));
            }
        }
        (Type::Dynamic, Value::Dynamic(inner)) => {
            let (ty, value) = inner.as_ref();
            write_count(out, 2, Kind::Array);
            sure(write_bin(out, ty.to_json().to_string().as_bytes()));
            write(out, ty, value);
        }
        (_, _) => match write_nil(out) {
            Ok(()) => {}
            Err(never) => match never {},
        },
    }
}

enum Kind {
    Array,
    Map,
}

fn write_count(out: &mut ByteBuf, count: usize, kind: Kind) {
    // More elements than a message has bytes: never reached, the transport refuses it long before.
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    match kind {
        Kind::Array => sure(write_array_len(out, count).map(drop)),
        Kind::Map => sure(write_map_len(out, count).map(drop)),
    }
}

/// Writing to memory does not fail, and the types say so.
fn sure(result: Result<(), ValueWriteError<Infallible>>) {
    match result {
        Ok(()) => {}
        Err(ValueWriteError::InvalidMarkerWrite(never) | ValueWriteError::InvalidDataWrite(never)) => {
            match never {}
        }
    }
}

/// Reads a value of type `ty` that fills `bytes` to the end.
///
/// # Errors
/// [`DecodeError`]: a value of another type, a member missing or too many, bytes missing or too many,
/// nesting over [`MAX_DEPTH`].
pub fn decode(ty: &Type, bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(ty, 0)?;
    match reader.rest.len() {
        0 => Ok(value),
        left => Err(DecodeError::new(format!(
            "{left} bytes are left over after the value"
        ))),
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(DecodeError::new("the value ends too early")),
        }
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A length of `N` bytes.
    fn length<const N: usize>(&mut self) -> Result<usize, DecodeError> {
        let wide = self
            .take_array::<N>()?
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        usize::try_from(wide).map_err(|_| DecodeError::new("a length is too large"))
    }

    fn marker(&mut self) -> Result<Marker, DecodeError> {
        let [byte] = self.take_array()?;
        Ok(Marker::from_u8(byte))
    }

    fn value(&mut self, ty: &Type, depth: usize) -> Result<Value, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::new(format!(
                "the value is nested deeper than {MAX_DEPTH} levels"
            )));
        }
        let marker = self.marker()?;
        if marker == Marker::Null {
            return Ok(Value::Null);
        }
        if let Some(length) = self.extension(marker)? {
            // Its type and payload tell what else is known of the value, which nobody has to use.
            self.take(length)?;
            return Ok(Value::Unknown);
        }
        match ty {
            Type::Bool => match marker {
                Marker::True => Ok(Value::Bool(true)),
                Marker::False => Ok(Value::Bool(false)),
                other => Err(unexpected(ty, other)),
            },
            Type::Number => self.number(marker).map(Value::Number),
            Type::String => match self.text(marker)? {
                Some(text) => Ok(Value::String(text.to_owned())),
                None => Err(unexpected(ty, marker)),
            },
            Type::List(of) | Type::Set(of) => {
                let count = self.array(ty, marker)?;
                self.items(count, |_| of, depth)
            }
            Type::Tuple(types) => {
                let count = self.array(ty, marker)?;
                if count != types.len() {
                    return Err(DecodeError::new(format!(
                        "expected {} elements, found {count}",
                        types.len()
                    )));
                }
                self.items(count, |index| &types[index], depth)
            }
            Type::Map(of) => {
                let members = self.members(ty, marker, |_| Some(of.as_ref()), Step::Key, depth)?;
                Ok(Value::Map(members))
            }
            Type::Object(types) => {
                let members = self.members(ty, marker, |key| types.get(key), Step::Attribute, depth)?;
                match types.keys().find(|key| !members.contains(key)) {
                    Some(missing) => Err(DecodeError::new(format!("`{missing}` is missing"))),
                    None => Ok(Value::Map(members)),
                }
            }
            Type::Dynamic => self.dynamic(marker, depth),
        }
    }

    fn items<'t>(
        &mut self,
        count: usize,
        ty: impl Fn(usize) -> &'t Type,
        depth: usize,
    ) -> Result<Value, DecodeError> {
        // Not sized by the declared count: it may promise what does not come.
        let mut items = Vec::new();
        for index in 0..count {
            let item = self
                .value(ty(index), depth + 1)
                .map_err(|error| error.below(Step::Index(index)))?;
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn members<'t>(
        &mut self,
        expected: &Type,
        marker: Marker,
        ty: impl Fn(&str) -> Option<&'t Type>,
        step: fn(String) -> Step,
        depth: usize,
    ) -> Result<Object, DecodeError> {
        let count = match marker {
            Marker::FixMap(count) => usize::from(count),
            Marker::Map16 => self.length::<2>()?,
            Marker::Map32 => self.length::<4>()?,
            other => return Err(unexpected(expected, other)),
        };
        let mut members = Object::new();
        for _ in 0..count {
            let marker = self.marker()?;
            let Some(key) = self.text(marker)? else {
                return Err(DecodeError::new("a name is not a string"));
            };
            let Some(ty) = ty(key) else {
                return Err(DecodeError::new(format!(
                    "`{}` is not in the schema",
                    key.escape_debug()
                )));
            };
            if members.contains(key) {
                return Err(DecodeError::new(format!(
                    "`{}` is there twice",
                    key.escape_debug()
                )));
            }
            let member = self
                .value(ty, depth + 1)
                .map_err(|error| error.below(step(key.to_owned())))?;
            members.set(key, member);
        }
        Ok(members)
    }

    fn array(&mut self, expected: &Type, marker: Marker) -> Result<usize, DecodeError> {
        match marker {
            Marker::FixArray(count) => Ok(usize::from(count)),
            Marker::Array16 => self.length::<2>(),
            Marker::Array32 => self.length::<4>(),
            other => Err(unexpected(expected, other)),
        }
    }

    /// None if it is no text.
    fn text(&mut self, marker: Marker) -> Result<Option<&'a str>, DecodeError> {
        let length = match marker {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 => self.length::<1>()?,
            Marker::Str16 => self.length::<2>()?,
            Marker::Str32 => self.length::<4>()?,
            _ => return Ok(None),
        };
        match std::str::from_utf8(self.take(length)?) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(DecodeError::new("a string is not valid UTF-8")),
        }
    }

    fn number(&mut self, marker: Marker) -> Result<Number, DecodeError> {
        let integer = match marker {
            Marker::FixPos(value) => i64::from(value),
            Marker::FixNeg(value) => i64::from(value),
            Marker::U8 => i64::from(u8::from_be_bytes(self.take_array()?)),
            Marker::U16 => i64::from(u16::from_be_bytes(self.take_array()?)),
            Marker::U32 => i64::from(u32::from_be_bytes(self.take_array()?)),
            Marker::U64 => return parse(&u64::from_be_bytes(self.take_array()?).to_string()),
            Marker::I8 => i64::from(i8::from_be_bytes(self.take_array()?)),
            Marker::I16 => i64::from(i16::from_be_bytes(self.take_array()?)),
            Marker::I32 => i64::from(i32::from_be_bytes(self.take_array()?)),
            Marker::I64 => i64::from_be_bytes(self.take_array()?),
            Marker::F32 => return float(f64::from(f32::from_be_bytes(self.take_array()?))),
            Marker::F64 => return float(f64::from_be_bytes(self.take_array()?)),
            other => {
                return match self.text(other)? {
                    Some(text) => parse(text),
                    None => Err(unexpected(&Type::Number, other)),
                };
            }
        };
        Ok(Number::from(integer))
    }

    fn dynamic(&mut self, marker: Marker, depth: usize) -> Result<Value, DecodeError> {
        if self.array(&Type::Dynamic, marker)? != 2 {
            return Err(DecodeError::new("expected a pair of a type and a value"));
        }
        let marker = self.marker()?;
        let ty = match marker {
            Marker::Bin8 => {
                let length = self.length::<1>()?;
                self.take(length)?
            }
            Marker::Bin16 => {
                let length = self.length::<2>()?;
                self.take(length)?
            }
            Marker::Bin32 => {
                let length = self.length::<4>()?;
                self.take(length)?
            }
            other => match self.text(other)? {
                Some(text) => text.as_bytes(),
                None => return Err(DecodeError::new("the type of a dynamic value is missing")),
            },
        };
        let ty = serde_json::from_slice(ty).ok().as_ref().and_then(Type::from_json);
        let ty = ty.ok_or_else(|| DecodeError::new("the type of a dynamic value cannot be read"))?;
        let value = self.value(&ty, depth + 1)?;
        Ok(Value::Dynamic(Box::new((ty, value))))
    }

    /// The length of an extension's payload, with its type taken; None if it is none.
    fn extension(&mut self, marker: Marker) -> Result<Option<usize>, DecodeError> {
        let length = match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => self.length::<1>()?,
            Marker::Ext16 => self.length::<2>()?,
            Marker::Ext32 => self.length::<4>()?,
            _ => return Ok(None),
        };
        self.take(1)?;
        Ok(Some(length))
    }
}

fn parse(text: &str) -> Result<Number, DecodeError> {
    let number = if text.len() > MAX_NUMBER {
        None
    } else {
        Number::parse(text)
    };
    number.ok_or_else(|| DecodeError::new("a string is not a number"))
}

/// Exactly the float's value. The shortest text that means the same float would be another number to
/// Terraform, whose numbers have more digits.
fn float(value: f64) -> Result<Number, DecodeError> {
    if !value.is_finite() {
        return Err(DecodeError::new("a number is infinite or none"));
    }
    // No float has more digits behind the point.
    let exact = format!("{value:.1074}");
    Number::parse(&exact).ok_or_else(|| DecodeError::new("a number cannot be read"))
}

fn unexpected(ty: &Type, marker: Marker) -> DecodeError {
    let found = match marker {
        Marker::True | Marker::False => "a bool",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "an array",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::Reserved => "nothing that there is",
        _ => "a number",
    };
    DecodeError::new(format!("expected {}, found {found}", name(ty)))
}

#[cfg(test)]
mod tests;
