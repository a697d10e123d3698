// The engine's Kubernetes plugin. The module's own main package embeds files that only its release process makes.
package main

import (
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

func main() {
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	schema, err := os.ReadFile(filepath.Join(filepath.Dir(program), "schema.json"))
	if err != nil {
		panic(err)
	}
	provider.Serve("kubernetes", version.Version, schema, []byte("{}"))
}
