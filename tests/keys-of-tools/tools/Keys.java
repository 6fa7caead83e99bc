import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;

/** A key by Java, in each form that its base classes give. */
class Keys {
    static String pem(String label, Key key, Base64.Encoder encoder) {
        String body = encoder.encodeToString(key.getEncoded());
        return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
    }

    static void write(String name, String text) throws Exception {
        Files.writeString(Path.of(name), text);
    }

    public static void main(String[] arguments) throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        var pair = generator.generateKeyPair();
        var mime = Base64.getMimeEncoder(64, "\n".getBytes());
        write("reference.pub", pem("PUBLIC KEY", pair.getPublic(), mime));
        write("read/private-one-line.pem", pem("PRIVATE KEY", pair.getPrivate(), Base64.getEncoder()));
        write("read/public-one-line.pem", pem("PUBLIC KEY", pair.getPublic(), Base64.getEncoder()));
        // 76 columns and CRLF.
        write("read/private-mime.pem", pem("PRIVATE KEY", pair.getPrivate(), Base64.getMimeEncoder()));
        write("read/private-under-ec-label.pem", pem("EC PRIVATE KEY", pair.getPrivate(), mime));
        write("read/private-base64", Base64.getEncoder().encodeToString(pair.getPrivate().getEncoded()));
        write("read/public-base64url", Base64.getUrlEncoder().encodeToString(pair.getPublic().getEncoded()));
        Files.write(Path.of("named/private.der"), pair.getPrivate().getEncoded());
        Files.write(Path.of("named/public.der"), pair.getPublic().getEncoded());
    }
}
