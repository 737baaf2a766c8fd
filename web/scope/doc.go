// Package scope puts drawings on a page: a [Canvas] is a go-app component
// around one canvas element, which shows what a [Drawing] packs into bytes.
package scope
