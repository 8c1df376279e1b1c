package update

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// Keys are PEM files as OpenSSL writes them: PKCS #8 for the secret one (RFC 5958), SubjectPublicKeyInfo for
// the public one, both with the identifier of RFC 8410.
const (
	secretBlock = "PRIVATE KEY"
	publicBlock = "PUBLIC KEY"
)

// EncodeKey gives the file of a secret key, and that of its public half.
func EncodeKey(key ed25519.PrivateKey) (secret, public []byte, err error) {
	s, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	p, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: secretBlock, Bytes: s}), pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: p}), nil
}

// DecodeKey reads a secret key. No error repeats any of it.
func DecodeKey(file []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(file)
	if block == nil || block.Type != secretBlock {
		return nil, errors.New("not a secret key in PEM form: take the file NAME.key that \"trunkkit keygen\" wrote")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if secret, ok := key.(ed25519.PrivateKey); ok && err == nil {
		return secret, nil
	}
	return nil, errors.New("the secret key is not an ed25519 key: make one with \"trunkkit keygen\"")
}

// DecodePublic reads a public key.
func DecodePublic(file []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(file)
	if block == nil || block.Type != publicBlock {
		return nil, errors.New("not a public key in PEM form: take the file NAME.pub that \"trunkkit keygen\" wrote")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the public key: %w", err)
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("the public key is not an ed25519 key: make one with \"trunkkit keygen\"")
	}
	return public, nil
}
