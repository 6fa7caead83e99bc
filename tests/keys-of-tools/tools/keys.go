// A key by Go, in each form that its standard library writes.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func write(name string, content []byte) {
	check(os.WriteFile(name, content, 0o600))
}

func block(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

func main() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	sec1, err := x509.MarshalECPrivateKey(key)
	check(err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	check(err)
	write("reference.pub", block("PUBLIC KEY", spki))
	write("read/public.pem", block("PUBLIC KEY", spki))
	write("read/sec1.pem", block("EC PRIVATE KEY", sec1))
	write("read/pkcs8.pem", block("PRIVATE KEY", pkcs8))
	// Labels that programs in Go are seen with.
	write("read/pkcs8-under-ec-label.pem", block("EC PRIVATE KEY", pkcs8))
	write("read/sec1-under-pkcs8-label.pem", block("PRIVATE KEY", sec1))
	write("read/public-under-ec-label.pem", block("EC PUBLIC KEY", spki))
	write("read/public-under-ecdsa-label.pem", block("ECDSA PUBLIC KEY", spki))
	headers := &pem.Block{Type: "PRIVATE KEY", Headers: map[string]string{"Made-By": "Go"}, Bytes: pkcs8}
	write("read/pkcs8-with-headers.pem", pem.EncodeToMemory(headers))
	// A []byte in JSON is base64.
	document, err := json.Marshal(map[string][]byte{"private": block("PRIVATE KEY", pkcs8)})
	check(err)
	write("read/document.json", document)
	write("read/raw-base64", []byte(base64.RawStdEncoding.EncodeToString(pkcs8)))
	write("named/sec1.der", sec1)
	write("named/pkcs8.der", pkcs8)
	write("named/public.der", spki)
}
