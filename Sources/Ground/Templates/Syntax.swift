/// A constant in the source.
enum Literal: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
}

/// An expression with its place and the height of its tree, which bounds the recursion that evaluates it.
struct Expression: Sendable {
    indirect enum Kind: Sendable {
        case literal(Literal)
        case name(Int)
        case list([Expression])
        case tuple([Expression])
        case dictionary([Entry])
        case attribute(Expression, String)
        case item(Expression, Expression)
        case slice(Expression?, Expression?, Expression?)
        case call(Expression, CallArguments)
        case filter(Expression, FilterCall)
        case test(Expression, TestCall)
        case not(Expression)
        case negative(Expression)
        case positive(Expression)
        case arithmetic(ArithmeticOperator, Expression, Expression)
        case concatenation([Expression])
        case comparison(Expression, [Comparison])
        case and(Expression, Expression)
        case or(Expression, Expression)
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
    }

    struct Entry: Sendable {
        let key: Expression
        let value: Expression
    }

    struct Comparison: Sendable {
        let relation: Relation
        let operand: Expression
    }

    let kind: Kind
    let offset: Int
    let height: Int
}

enum ArithmeticOperator: Sendable {
    case add, subtract, multiply, divide, floorDivide, modulo, power
}

enum Relation: Sendable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isIn, isNotIn
}

/// The arguments of a call as written.
struct CallArguments: Sendable {
    struct Named: Sendable {
        let name: String
        let value: Expression
    }

    var positional: [Expression] = []
    var named: [Named] = []
    /// `*expression`
    var sequence: Expression?
    /// `**expression`
    var mapping: Expression?

    var height: Int {
        let all = positional + named.map(\.value) + [sequence, mapping].compactMap(\.self)
        return all.map(\.height).max() ?? 0
    }
}

/// A filter with its arguments. `function` is missing when there is no filter of that name, which is an error only
/// when it is reached.
struct FilterCall: Sendable {
    let name: String
    let function: Filter?
    let arguments: CallArguments
    let offset: Int
}

struct TestCall: Sendable {
    let name: String
    let function: ValueTest?
    let arguments: CallArguments
}

/// What can be assigned to.
indirect enum Target: Sendable {
    case name(Int)
    case attribute(of: Int, String)
    case tuple([Target])
}

indirect enum Statement: Sendable {
    struct Branch: Sendable {
        let test: Expression
        let body: [Statement]
    }

    struct Loop: Sendable {
        let target: Target
        let sequence: Expression
        let condition: Expression?
        let isRecursive: Bool
        let body: [Statement]
        let otherwise: [Statement]
    }

    struct Binding: Sendable {
        let target: Target
        let value: Expression
    }

    case text(String)
    case output(Expression)
    case branches([Branch], otherwise: [Statement])
    case loop(Loop, offset: Int)
    case assign(Target, Expression)
    case capture(Target, [FilterCall], [Statement], offset: Int)
    case macro(MacroDefinition)
    case callBlock(Expression, MacroDefinition)
    case filtered([FilterCall], [Statement], offset: Int)
    case with([Binding], [Statement])
    case block([Statement], seesScope: Bool)
    case generation([Statement])
    case breakLoop
    case continueLoop
}

struct MacroDefinition: Sendable {
    struct Parameter: Sendable {
        let name: String
        let id: Int
        let initial: Expression?
    }

    /// Missing for the body of a call block.
    let name: String?
    let id: Int
    let parameters: [Parameter]
    let body: [Statement]
    let takesPositional: Bool
    let takesNamed: Bool
    let takesCaller: Bool
}

/// A whole template, ready to be rendered.
struct Program: Sendable {
    let body: [Statement]
    /// The names of variables by their number.
    let names: [String]
    /// The number of `loop`, when the template mentions it.
    let loopID: Int?
}
